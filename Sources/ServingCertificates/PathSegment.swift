import Basics
import Crypto

/// The end of the webhooks' paths, which proves that a client knows the webhook configurations.
///
/// Anyone who reaches the port could otherwise send requests in the name of any namespace. The segment is computed from
/// the CA's private key, so that all replicas know it without storing it, and it changes with the CA.
enum PathSegment {
    /// The segment that belongs to a CA: 32 hexadecimal digits.
    static func of(_ authority: SigningAuthority) -> String {
        let key = SymmetricKey(data: Array(authority.keyPEM.utf8))
        let code = HMAC<SHA256>.authenticationCode(for: Array("polypod webhook path".utf8), using: key)
        return code.prefix(16).hexadecimal
    }
}

/// What the webhook configurations contain for Polypod's webhooks.
struct WebhookClientSettings: Sendable, Equatable {
    /// The CAs that the API server trusts.
    var bundle: [AuthorityCertificate]
    /// The end of the webhooks' paths.
    var segment: String

    init(bundle: [AuthorityCertificate], segment: String) {
        self.bundle = bundle
        self.segment = segment
    }

    /// The settings that belong to the content of the Secret.
    init(_ record: AuthorityRecord) {
        self.init(bundle: record.bundle, segment: PathSegment.of(record.current))
    }
}
