import FoundationEssentials
import JSON

extension AuthoritySecret {
    /// What a Secret's object says.
    static func read(_ value: JSONValue) -> StoredAuthority {
        let data = value["data"]?.object ?? JSONObject()
        guard data[Key.authority] != nil || data[Key.authorityKey] != nil else { return .empty }
        let current: SigningAuthority
        do throws(CertificateError) {
            current = try authority(data, Key.authority, Key.authorityKey, name: "ca")
        } catch {
            return .unusable(error)
        }
        var record = AuthorityRecord(current: current)
        var damage: [String] = []
        if data[Key.next] != nil || data[Key.nextKey] != nil {
            record.next = try? authority(data, Key.next, Key.nextKey, name: "next")
            if record.next == nil { damage.append(Key.next) }
        }
        if let previous = data[Key.previous] {
            record.previous = text(previous).flatMap { try? CABundle.read(pem: $0) } ?? []
            if record.previous.isEmpty { damage.append(Key.previous) }
        }
        let annotations = value["metadata"]?["annotations"]
        record.request = annotations?[Annotation.rotate]?.string
        record.stagedFor = annotations?[Annotation.stagedFor]?.string
        record.answered = annotations?[Annotation.rotated]?.string
        record.promotedAt = annotations?[Annotation.promotedAt]?.string.flatMap(time)
        return .record(record, damage: damage)
    }

    private static func authority(
        _ data: JSONObject,
        _ certificate: String,
        _ key: String,
        name: String
    ) throws(CertificateError) -> SigningAuthority {
        try SigningAuthority(
            certificatePEM: data[certificate].flatMap(text) ?? "",
            keyPEM: data[key].flatMap(text) ?? "",
            name: name
        )
    }

    /// A member of `data` as text.
    private static func text(_ value: JSONValue) -> String? {
        value.string.flatMap { Data(base64Encoded: $0) }.flatMap { String(validating: $0, as: UTF8.self) }
    }

    private static func time(_ text: String) -> Int? {
        (try? Date(text, strategy: .iso8601)).map { Int($0.timeIntervalSince1970) }
    }
}
