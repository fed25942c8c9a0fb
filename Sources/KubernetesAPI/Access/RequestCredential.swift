import Basics
import NIOSSL

/// What one request shows to prove who asks.
///
/// Its text, in logs and mirrors too, never shows it.
struct RequestCredential: Sendable, Redacted {
    /// The bearer token.
    var token: String?
    /// The client's certificate.
    var certificate: ClientCertificate?
    /// Which run of a credential plugin it is from; nil where it is from none.
    var run: Int?

    var description: String { "credential (redacted)" }
}

/// A certificate of a client, and its key.
struct ClientCertificate: Sendable {
    /// The certificate, and those between it and its CA.
    let chain: [NIOSSLCertificate]
    /// The key.
    let key: NIOSSLPrivateKey

    /// Reads both from PEM; nil where they are none.
    init?(certificate: [UInt8], key: [UInt8]) {
        guard let chain = try? NIOSSLCertificate.fromPEMBytes(certificate), !chain.isEmpty,
            let key = try? NIOSSLPrivateKey(bytes: key, format: .pem)
        else { return nil }
        self.chain = chain
        self.key = key
    }
}
