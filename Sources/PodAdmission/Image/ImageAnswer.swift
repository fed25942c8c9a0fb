/// The answer about an image.
public enum ImageAnswer: Sendable, Equatable {
    /// The facts from the registry; `staleSeconds` is the age of a stale answer, and nil for a fresh one.
    case resolved(ImageFacts, staleSeconds: Int?)
    /// The image could not be looked up, or its documents could not be read.
    case unresolved(UnresolvedReason)

    /// The same answer about the manifest `digest`, for a Pod whose image was pinned to it.
    ///
    /// Nil if the entry with this digest was not read.
    public func pinned(to digest: String) -> ImageAnswer? {
        guard case .resolved(let facts, let staleSeconds) = self,
            let image = facts.image(of: IndexEntry(digest: digest, platform: nil))?.image
        else { return nil }
        return .resolved(ImageFacts(digest: digest, content: .image(image)), staleSeconds: staleSeconds)
    }
}

/// Why there is no answer about an image.
public struct UnresolvedReason: Error, Sendable, Equatable, CustomStringConvertible {
    /// The reasons, a bounded set for the label of a metric.
    public enum Code: String, Sendable, CaseIterable {
        /// No answer before the request's deadline.
        case deadline
        /// The registry could not be reached, or the connection broke.
        case unreachable
        /// The registry's certificate was not accepted.
        case tls
        /// The registry refused the credentials, or requires some.
        case unauthorized
        /// The registry does not have the image.
        case notFound = "not-found"
        /// The registry asked for a pause (429 or `Retry-After`).
        case rateLimited = "rate-limited"
        /// The registry failed (5xx), or its circuit is open.
        case registryError = "registry-error"
        /// The response is not a valid manifest, or exceeds a limit.
        case badResponse = "bad-response"
        /// The address or the target of a redirect is forbidden.
        case forbiddenAddress = "forbidden-address"
        /// The reference is not valid.
        case badReference = "bad-reference"
        /// The node does not pull the image: `imagePullPolicy: Never`.
        case neverPulled = "never-pulled"
        /// The container names no image.
        case noImage = "no-image"
        /// The program depends on a variable whose value is not in the Pod.
        case unknownProgram = "unknown-program"
        /// Too many images or look-ups at once.
        case overloaded
    }

    /// The reason.
    public var code: Code
    /// A short text for people: the registry's host, a status, an OCI error code, never a response body.
    public var detail: String
    /// How to fix it; nil if the check's own remedy fits.
    public var remedy: String?

    /// Creates a reason.
    ///
    /// - Parameters:
    ///   - code: The reason.
    ///   - detail: A short text for people.
    ///   - remedy: How to fix it.
    public init(_ code: Code, _ detail: String, remedy: String? = nil) {
        self.code = code
        self.detail = detail
        self.remedy = remedy
    }

    /// The same as ``detail``.
    public var description: String { detail }
}
