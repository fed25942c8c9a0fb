public import Basics

/// A server's certificate and its key, both PEM.
///
/// Its text, in logs and mirrors too, never shows the key.
public struct IssuedCertificate: Sendable, Redacted {
    /// The certificate; the CA is not with it, since clients have to know it anyway.
    public let certificate: String
    /// The key.
    public let key: String

    init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }

    /// What it is.
    public var description: String { "serving certificate (key redacted)" }
}
