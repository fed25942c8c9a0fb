/// Why the API server did not do what it was asked for.
///
/// Its description holds neither a credential nor the server's words.
public struct KubernetesAPIError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds, stable.
    public enum Code: String, Hashable, Sendable {
        /// There is no service account here: this is no Pod, or one with `automountServiceAccountToken: false`.
        case notInCluster = "not-in-cluster"
        /// The kubeconfig or what it names cannot be used.
        case configuration
        /// The API server cannot be reached, or its certificate is not signed by the cluster's CA.
        case unreachable
        /// There was no whole answer in time.
        case timeout
        /// The credential is not taken (401), or there is none to be had.
        case unauthenticated
        /// The user may not do this, or an admission plugin forbids it (403).
        case forbidden
        /// There is no such object (404).
        case notFound = "not-found"
        /// The object was changed meanwhile: its resourceVersion is old, or a field belongs to somebody else (409).
        case conflict
        /// There is an object of this name (409, reason AlreadyExists).
        case alreadyExists = "already-exists"
        /// The resource version, or the place in a paged list, is too old (410).
        case gone
        /// The object or the request is not valid (400, 422).
        case invalid
        /// The API server wants to be asked later (429).
        case tooManyRequests = "too-many-requests"
        /// Any other answer, one that cannot be read among them.
        case refused
    }

    /// The kind.
    public let code: Code
    /// What went wrong, and what to do next.
    public let message: String
    /// The API server's own words, control characters removed, at most 2 KiB; never part of ``description``.
    public let serverMessage: String?
    /// How long the API server asks to wait (`Retry-After`), where it does.
    public let retryAfter: Duration?

    /// An error of kind `code`.
    public init(_ code: Code, _ message: String, serverMessage: String? = nil, retryAfter: Duration? = nil) {
        self.code = code
        self.message = message
        self.serverMessage = serverMessage
        self.retryAfter = retryAfter
    }

    /// The message and the code.
    public var description: String { "\(message) [\(code.rawValue)]" }
}
