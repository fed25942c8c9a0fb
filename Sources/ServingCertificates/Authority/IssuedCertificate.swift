/// A server's certificate and its key, both PEM.
///
/// Its text, in logs and mirrors too, never shows the key.
public struct IssuedCertificate: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
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
    /// What it is.
    public var debugDescription: String { description }
    /// Nothing.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
