/// What is known of an image when a decision is made.
public enum ImageAnswer: Sendable, Equatable {
    /// The registry said so; `staleSeconds` is the answer's age where it had to be served past its time.
    case resolved(ImageFacts, staleSeconds: Int?)
    /// The image could not be looked up, or not understood.
    case unresolved(UnresolvedReason)

    /// The same answer about the manifest `digest`, for a Pod whose image was pinned to it.
    ///
    /// Nil where this answer is about an index whose entry with that digest was not read.
    public func pinned(to digest: String) -> ImageAnswer? {
        guard case .resolved(let facts, let staleSeconds) = self,
            let image = facts.image(of: IndexEntry(digest: digest, platform: nil))?.image
        else { return nil }
        return .resolved(ImageFacts(digest: digest, content: .image(image)), staleSeconds: staleSeconds)
    }
}

/// Why there is no answer about an image.
public struct UnresolvedReason: Error, Sendable, Equatable, CustomStringConvertible {
    /// The bounded set of reasons, fit for a metric's label.
    public enum Code: String, Sendable, CaseIterable {
        /// No answer before the request's deadline.
        case deadline
        /// The registry could not be reached, or its connection broke.
        case unreachable
        /// The registry's certificate was not accepted.
        case tls
        /// The registry refused the credentials, or wants some.
        case unauthorized
        /// The registry knows no such image.
        case notFound = "not-found"
        /// The registry asked to be left alone for a while.
        case rateLimited = "rate-limited"
        /// The registry failed (5xx), or its circuit is open.
        case registryError = "registry-error"
        /// The registry answered with something that is no valid manifest, or that broke a limit.
        case badResponse = "bad-response"
        /// The address or redirect is one that must not be followed.
        case forbiddenAddress = "forbidden-address"
        /// The reference is not valid.
        case badReference = "bad-reference"
        /// The registry is not the authority: `imagePullPolicy: Never`.
        case neverPulled = "never-pulled"
        /// The container names no image.
        case noImage = "no-image"
        /// More images, or more look-ups, than are done at once.
        case overloaded
    }

    /// Which reason it is.
    public var code: Code
    /// A short text for people, safe to show: the registry's host, a status, an OCI error code, never a body.
    public var detail: String

    /// Creates a reason.
    public init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    /// The text for people.
    public var description: String { detail }
}
