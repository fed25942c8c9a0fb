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
