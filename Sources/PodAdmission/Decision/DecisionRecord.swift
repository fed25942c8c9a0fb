import JSON

/// The limit on a record, in bytes; the API server allows 256 KiB for all annotations of an object.
private let recordLimit = 16 * 1024

/// The record of a decision for the annotation `polypod.dev/decision`.
///
/// It contains the class of each container, the first reason for it, and the digest of its image, or the image volume
/// that contains its program with the digest of the volume's image. Nil if no container is Wasm, or if
/// the record would have more than 16 KiB.
func decisionRecord(of verdicts: [ContainerVerdict]) -> String? {
    guard verdicts.contains(where: { $0.containerClass == .wasm }) else { return nil }
    let members = verdicts.map { verdict in
        var entry = JSONObject([
            .init(key: "class", value: .string(verdict.containerClass.rawValue)),
            .init(key: "because", value: .string(verdict.evidence.first?.value ?? "")),
        ])
        if let volume = verdict.moduleVolume { entry["volume"] = .string(volume.volume.name) }
        if let digest = verdict.moduleVolume.map(\.digest) ?? verdict.digest { entry["digest"] = .string(digest) }
        return JSONObject.Member(key: verdict.container.name, value: .object(entry))
    }
    let text = JSONValue.object(JSONObject(members)).compactText
    return text.utf8.count <= recordLimit ? text : nil
}

/// Whether two records have the same containers with the same classes and digests; the reasons can differ.
///
/// The API server can call the webhook again after an image was pinned. The image is then looked up by its manifest,
/// whose config can spell the platform differently from the index. That alone must not cause another patch.
func saysTheSame(_ record: String, as other: String) -> Bool {
    func essence(_ record: String) -> [[String?]]? {
        try? JSONParser.parse(record, limits: JSONLimits(depth: 4)).object?.members.map { member in
            [member.key, member.value["class"]?.string, member.value["digest"]?.string]
        }
    }
    return record == other || essence(record).map { $0 == essence(other) } ?? false
}
