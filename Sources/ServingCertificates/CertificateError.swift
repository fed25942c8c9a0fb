/// The reason why there is no certificate to serve, or why the CA cannot be changed.
///
/// It contains neither a key nor the API server's own message.
public struct CertificateError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of failures; the raw values are stable.
    public enum Code: String, Hashable, Sendable {
        /// The Secret's CA or its key is not readable PEM.
        case unreadable
        /// The Secret's key is not the key of its CA.
        case keyMismatch = "key-mismatch"
        /// The Secret's certificate may not sign others.
        case notAnAuthority = "not-an-authority"
        /// The API server refused to read or to write the Secret.
        case kubernetes
        /// Other clients changed the Secret before each write.
        case contended
        /// A certificate cannot be created.
        case issuing
    }

    /// The kind of failure.
    public let code: Code
    /// The problem and the next step, for people.
    public let message: String

    /// Describes a failure.
    ///
    /// - Parameters:
    ///   - code: The kind of failure.
    ///   - message: The problem and the next step, for people.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message and the code.
    public var description: String { "\(message) [\(code.rawValue)]" }
}
