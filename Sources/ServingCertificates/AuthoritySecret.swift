import Basics
import FoundationEssentials
import JSON
import KubernetesAPI

/// The result of reading the Secret.
enum StoredAuthority: Sendable, Equatable {
    /// The Secret does not exist.
    case absent
    /// The Secret contains no CA: a person created it, so that Polypod needs only the right to update this one Secret.
    case empty
    /// The Secret contains an unusable CA.
    case unusable(CertificateError)
    /// The Secret contains a CA; `damage` lists the other keys whose data is unusable.
    case record(AuthorityRecord, damage: [String])
}

/// The Secret as it was read, with all data of other clients.
///
/// Descriptions, logs and mirrors do not show its content.
struct AuthoritySecret: Sendable {
    /// The keys of `data`.
    enum Key {
        static let authority = "ca.crt"
        static let authorityKey = "ca.key"
        static let next = "next.crt"
        static let nextKey = "next.key"
        static let previous = "previous.crt"
        static let previousSegments = "previous.paths"
    }

    /// The keys of the annotations.
    enum Annotation {
        /// Written by a person: a text that differs from ``rotated`` requests a rotation.
        static let rotate = "polypod.dev/rotate-ca"
        static let rotated = "polypod.dev/rotated-ca"
        static let stagedFor = "polypod.dev/staged-for"
        static let promotedAt = "polypod.dev/promoted-at"
    }

    /// A Secret that does not exist.
    static let absent = AuthoritySecret(stored: .absent, object: nil)

    let stored: StoredAuthority
    /// The object; nil if it does not exist.
    private let object: JSONObject?

    private init(stored: StoredAuthority, object: JSONObject?) {
        self.stored = stored
        self.object = object
    }

    /// Reads a Secret's object.
    init(reading value: JSONValue) {
        self.init(stored: Self.stored(in: value), object: value.object)
    }

    /// The text that a person wrote to request a rotation.
    var request: String? { object?["metadata"]?["annotations"]?[Annotation.rotate]?.string }

    /// The object to write: this Secret with `record` and its resourceVersion, or a new Secret.
    func object(storing record: AuthorityRecord, at path: ObjectPath) -> JSONValue {
        var secret = object ?? Self.new(at: path)
        var data = secret["data"]?.object ?? JSONObject()
        data[Key.authority] = Self.encoded(record.current.certificatePEM)
        data[Key.authorityKey] = Self.encoded(record.current.keyPEM)
        data[Key.next] = record.next.map { Self.encoded($0.certificatePEM) }
        data[Key.nextKey] = record.next.map { Self.encoded($0.keyPEM) }
        data[Key.previous] = record.previous.isEmpty ? nil : Self.encoded(CABundle.pem(record.previous))
        let segments = record.previousSegments
        data[Key.previousSegments] = segments.isEmpty ? nil : Self.encoded(segments.joined(separator: "\n"))
        secret["data"] = .object(data)
        var metadata = secret["metadata"]?.object ?? JSONObject()
        var annotations = metadata["annotations"]?.object ?? JSONObject()
        annotations[Annotation.rotated] = record.answered.map(JSONValue.string)
        annotations[Annotation.stagedFor] = record.stagedFor.map(JSONValue.string)
        annotations[Annotation.promotedAt] = record.promotedAt.map {
            .string(Timestamp(seconds: $0).text(.seconds))
        }
        metadata["annotations"] = annotations.members.isEmpty ? nil : .object(annotations)
        secret["metadata"] = .object(metadata)
        return .object(secret)
    }

    private static func new(at path: ObjectPath) -> JSONObject {
        JSONObject([
            .init(key: "apiVersion", value: "v1"),
            .init(key: "kind", value: "Secret"),
            .init(
                key: "metadata",
                value: [
                    "name": .string(path.name),
                    "namespace": path.namespace.map(JSONValue.string) ?? .null,
                    "labels": ["app.kubernetes.io/name": "polypod"],
                ]
            ),
            .init(key: "type", value: "Opaque"),
        ])
    }

    private static func encoded(_ text: String) -> JSONValue { .string(Base64.encode(text.utf8)) }

    private static func stored(in value: JSONValue) -> StoredAuthority {
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
        let segments = data[Key.previousSegments].flatMap(text) ?? ""
        record.previousSegments = segments.split(separator: "\n").map { String($0) }
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

    /// A value of `data` as text; nil if it is not Base64 of UTF-8.
    private static func text(_ value: JSONValue) -> String? {
        value.string.flatMap { Data(base64Encoded: $0) }.flatMap { String(validating: $0, as: UTF8.self) }
    }

    private static func time(_ text: String) -> Int? {
        (try? Date(text, strategy: .iso8601)).map { Int($0.timeIntervalSince1970) }
    }
}

extension AuthoritySecret: Redacted {
    var description: String { "Secret (redacted)" }
}
