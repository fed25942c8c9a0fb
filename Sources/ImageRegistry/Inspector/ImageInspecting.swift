public import PodAdmission

/// Answers what images are.
///
/// Whoever decides on Pods depends on this, and tests put a table in its place.
public protocol ImageInspecting: Sendable {
    /// Finds out about images, side by side.
    ///
    /// - Parameters:
    ///   - images: References as Pods write them; repeated ones are looked up once.
    ///   - credentials: Those of the Pod's pull secrets.
    ///   - deadline: When an answer has to be there. What is not known by then is ``ImageAnswer/unresolved(_:)``.
    /// - Returns: One answer for every distinct text of `images`.
    func answers(
        for images: [String],
        credentials: PullCredentials,
        deadline: ContinuousClock.Instant
    ) async -> [String: ImageAnswer]
}

extension ImageInspecting {
    /// Finds out about images without any pull secret.
    public func answers(for images: [String], deadline: ContinuousClock.Instant) async -> [String: ImageAnswer] {
        await answers(for: images, credentials: PullCredentials(), deadline: deadline)
    }
}

/// An answer about one image with what it took, for people who want to know why.
public struct ImageReport: Sendable {
    /// The reference, as it was given.
    public var image: String
    /// The answer.
    public var answer: ImageAnswer
    /// The registry that the reference names; nil where it is not valid.
    public var registry: String?
    /// The host, with its port, that answered; nil where none did, and for answers from the cache.
    public var endpoint: String?
    /// How many requests the look-up took, redirects and tokens among them; 0 from the cache.
    public var roundTrips: Int
    /// How long it took until the answer was there.
    public var elapsed: Duration
    /// As whom the registry was asked; nil where none answered, and for answers from the cache.
    public var credential: CredentialKind?
    /// Whether the answer was kept from an earlier look-up.
    public var isCached: Bool
}
