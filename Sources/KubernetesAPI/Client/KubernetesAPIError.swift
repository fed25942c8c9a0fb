/// The reason why a request to the API server failed.
///
/// Its description contains neither a credential nor the server's own message.
public struct KubernetesAPIError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of failures; the raw values are stable.
    public enum Code: String, Hashable, Sendable {
        /// The process is not in a Pod, or the Pod has `automountServiceAccountToken: false`.
        case notInCluster = "not-in-cluster"
        /// The kubeconfig or a file that it names cannot be used.
        case configuration
        /// The API server cannot be reached, or its certificate is not signed by the cluster's CA.
        case unreachable
        /// The API server did not send a whole response in time.
        case timeout
        /// The API server does not accept the credential (401), or the credential plugin fails.
        case unauthenticated
        /// The user does not have the right, or an admission plugin forbids the request (403).
        case forbidden
        /// The object does not exist (404).
        case notFound = "not-found"
        /// The object changed in the meantime, so that its resourceVersion is old, or another manager owns a field (409).
        case conflict
        /// An object of this name exists (409, reason AlreadyExists).
        case alreadyExists = "already-exists"
        /// The resource version or the position in a paged list is too old (410).
        case gone
        /// The object or the request is not valid (400, 422).
        case invalid
        /// The API server asks the client to retry later (429).
        case tooManyRequests = "too-many-requests"
        /// Any other response, also one that cannot be read.
        case refused
    }

    /// The kind of failure.
    public let code: Code
    /// The problem and the next step, for people.
    public let message: String
    /// The API server's own message without control characters, at most 2 KiB; never part of ``description``.
    public let serverMessage: String?
    /// The time that the API server asks the client to wait (`Retry-After`); nil if it does not ask.
    public let retryAfter: Duration?

    /// Describes a failure.
    ///
    /// - Parameters:
    ///   - code: The kind of failure.
    ///   - message: The problem and the next step, for people.
    ///   - serverMessage: The API server's own message, at most 2 KiB.
    ///   - retryAfter: The time that the API server asks the client to wait.
    public init(_ code: Code, _ message: String, serverMessage: String? = nil, retryAfter: Duration? = nil) {
        self.code = code
        self.message = message
        self.serverMessage = serverMessage
        self.retryAfter = retryAfter
    }

    /// The message and the code.
    public var description: String { "\(message) [\(code.rawValue)]" }

    /// The meaning of an HTTP status and of a Status' reason.
    static func status(
        _ status: Int,
        reason: String?,
        subject: String,
        serverMessage: String? = nil,
        retryAfter: Duration? = nil
    ) -> KubernetesAPIError {
        let (code, words): (Code, String) =
            switch status {
            case 400, 422: (.invalid, "the API server rejects it as invalid")
            case 401: (.unauthenticated, "the API server does not accept the credential")
            case 403: (.forbidden, "the user has no right to do this, or an admission plugin forbids it: check RBAC")
            case 404: (.notFound, "the object does not exist")
            case 409 where reason == "AlreadyExists": (.alreadyExists, "an object of this name exists")
            case 409: (.conflict, "the object changed in the meantime: read it again")
            case 410: (.gone, "the resource version is too old: list again")
            case 429: (.tooManyRequests, "the API server is busy: retry later")
            case 504: (.timeout, "the API server timed out")
            default: (.refused, "the API server answers \(status)")
            }
        return KubernetesAPIError(
            code,
            "\(subject): \(words)",
            serverMessage: serverMessage,
            retryAfter: retryAfter
        )
    }
}
