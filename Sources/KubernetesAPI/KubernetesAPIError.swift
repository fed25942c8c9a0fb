/// Why the API server did not do what it was asked for.
///
/// Neither the token nor the server's words are in it.
public struct KubernetesAPIError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds, stable.
    public enum Code: String, Hashable, Sendable {
        /// There is no service account here: this is no Pod, or one with `automountServiceAccountToken: false`.
        case notInCluster = "not-in-cluster"
        /// The API server cannot be reached, or its certificate is not signed by the cluster's CA.
        case unreachable
        /// The token is not taken (401).
        case unauthenticated
        /// The service account may not do this (403).
        case forbidden
        /// There is no such object (404).
        case notFound = "not-found"
        /// Any other answer.
        case refused
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
