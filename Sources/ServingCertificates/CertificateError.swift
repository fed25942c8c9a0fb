/// Why there is no certificate to serve, or why the CA stays as it is.
///
/// Neither a key nor the API server's words are in it.
public struct CertificateError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds, stable.
    public enum Code: String, Hashable, Sendable {
        /// The Secret's CA or its key is no PEM that can be read.
        case unreadable
        /// The Secret's key is not the key of its CA.
        case keyMismatch = "key-mismatch"
        /// The Secret's certificate may not sign others.
        case notAnAuthority = "not-an-authority"
        /// The CA has expired.
        case expired
        /// The API server did not give or take the Secret.
        case kubernetes
        /// Others wrote the Secret first, again and again.
        case contended
        /// A certificate could not be made.
        case issuing
    }

    /// The kind.
    public let code: Code
    /// What went wrong, and what to do next.
    public let message: String

    /// An error of kind `code`.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message and the code.
    public var description: String { "\(message) [\(code.rawValue)]" }
}
