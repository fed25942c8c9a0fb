import Basics
import FoundationEssentials
import JSON
import KubernetesAPI

/// The Secret as it was read, with all that others keep in it.
///
/// Its text, in logs and mirrors too, never shows what is in it.
struct AuthoritySecret: Sendable {
    let stored: StoredAuthority
    /// The object; nil where there is none.
    private let object: JSONObject?

    /// There is no Secret.
    static let absent = AuthoritySecret(stored: .absent, object: nil)

    private init(stored: StoredAuthority, object: JSONObject?) {
        self.stored = stored
        self.object = object
    }

    /// Reads the Secret.
    init(reading value: JSONValue) {
        object = value.object
        stored = Self.read(value)
    }

    /// What a person wrote to ask for a rotation.
    var request: String? { object?["metadata"]?["annotations"]?[Annotation.rotate]?.string }

    /// The object to write: this Secret with `record` in it and its resourceVersion, or a new one.
    func holding(_ record: AuthorityRecord, at path: ObjectPath) -> JSONValue {
        var secret = object ?? Self.new(at: path)
        var data = secret["data"]?.object ?? JSONObject()
        data[Key.authority] = Self.encoded(record.current.certificatePEM)
        data[Key.authorityKey] = Self.encoded(record.current.keyPEM)
        data[Key.next] = record.next.map { Self.encoded($0.certificatePEM) }
        data[Key.nextKey] = record.next.map { Self.encoded($0.keyPEM) }
        data[Key.previous] = record.previous.isEmpty ? nil : Self.encoded(CABundle.pem(record.previous))
        secret["data"] = .object(data)
        var metadata = secret["metadata"]?.object ?? JSONObject()
        var annotations = metadata["annotations"]?.object ?? JSONObject()
        annotations[Annotation.rotated] = record.answered.map(JSONValue.string)
        annotations[Annotation.stagedFor] = record.stagedFor.map(JSONValue.string)
        annotations[Annotation.promotedAt] = record.promotedAt.map { .string(Self.timeText($0)) }
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
}

extension AuthoritySecret {
    /// The members of `data`.
    enum Key {
        static let authority = "ca.crt"
        static let authorityKey = "ca.key"
        static let next = "next.crt"
        static let nextKey = "next.key"
        static let previous = "previous.crt"
    }

    /// The annotations.
    enum Annotation {
        /// Written by a person: any text that differs from ``rotated`` asks for a rotation.
        static let rotate = "polypod.dev/rotate-ca"
        static let rotated = "polypod.dev/rotated-ca"
        static let stagedFor = "polypod.dev/staged-for"
        static let promotedAt = "polypod.dev/promoted-at"
    }

    static func timeText(_ time: Int) -> String {
        Date(timeIntervalSince1970: TimeInterval(time)).formatted(.iso8601)
    }

    private static func encoded(_ text: String) -> JSONValue { .string(Data(text.utf8).base64EncodedString()) }
}

extension AuthoritySecret: Redacted {
    var description: String { "Secret (redacted)" }
}
