import JSON

/// How long a record may be; the API server allows 256 KiB for all annotations of an object.
private let recordLimit = 16 * 1024

/// The record of a decision for the annotation `polypod.dev/decision`.
///
/// It holds per container its class, what that rests on, and the digest. Nil where no container is Wasm, or where it would be longer than 16 KiB.
func decisionRecord(of verdicts: [ContainerVerdict]) -> String? {
    guard verdicts.contains(where: { $0.containerClass == .wasm }) else { return nil }
    let members = verdicts.map { verdict in
        var entry = JSONObject([
            .init(key: "class", value: .string(verdict.containerClass.rawValue)),
            .init(key: "because", value: .string(verdict.evidence.first?.value ?? "")),
        ])
        if let digest = verdict.digest { entry["digest"] = .string(digest) }
        return JSONObject.Member(key: verdict.container.name, value: .object(entry))
    }
    let text = JSONValue.object(JSONObject(members)).compactText
    return text.utf8.count <= recordLimit ? text : nil
}

/// Whether two records say the same of the same containers, whatever their reasons.
///
/// An image that was pinned is looked up by its manifest on the second call; its config may spell the platform in
/// another way than the index did, which is no reason to write again.
func saysTheSame(_ record: String, as other: String) -> Bool {
    func essence(_ record: String) -> [[String?]]? {
        try? JSONParser.parse(record, limits: JSONLimits(depth: 4)).object?.members.map { member in
            [member.key, member.value["class"]?.string, member.value["digest"]?.string]
        }
    }
    return record == other || essence(record).map { $0 == essence(other) } ?? false
}
