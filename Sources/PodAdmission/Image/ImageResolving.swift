/// Looks up images; the only input of a decision that needs I/O.
public protocol ImageResolving: Sendable {
    /// Looks up the images of a query concurrently.
    ///
    /// - Parameter query: The images, their pull secrets, and the deadline.
    /// - Returns: One report for every distinct text of the query's images, in the order of their first appearance.
    ///   An image without an answer by the deadline is ``ImageAnswer/unresolved(_:)``.
    func reports(on query: ImageQuery) async -> [ImageReport]
}

extension ImageResolving {
    /// The answers of the reports, by the reference in the query.
    public func answers(to query: ImageQuery) async -> [String: ImageAnswer] {
        guard !query.images.isEmpty else { return [:] }
        var answers: [String: ImageAnswer] = [:]
        for report in await reports(on: query) { answers[report.image] = report.answer }
        return answers
    }
}

/// A question about images.
public struct ImageQuery: Sendable {
    /// The references as Pods contain them; repeated ones are looked up once.
    public var images: [String]
    /// The pull secrets of the Pod with the images; nil if there are none to read.
    public var pullSecrets: PullSecretsQuery?
    /// The index entries that the decision needs.
    public var preference: EntryPreference
    /// When the answers must be complete.
    public var deadline: ContinuousClock.Instant

    /// Creates a query.
    ///
    /// - Parameters:
    ///   - images: The references as Pods contain them.
    ///   - pullSecrets: The pull secrets of their Pod; nil for none.
    ///   - preference: The index entries that the decision needs; by default those of the built-in policy.
    ///   - deadline: When the answers must be complete.
    public init(
        _ images: [String],
        pullSecrets: PullSecretsQuery? = nil,
        preference: EntryPreference = EntryPreference(),
        deadline: ContinuousClock.Instant
    ) {
        self.images = images
        self.pullSecrets = pullSecrets
        self.preference = preference
        self.deadline = deadline
    }
}

/// The pull secrets of a Pod.
public struct PullSecretsQuery: Sendable, Hashable {
    /// The namespace of the secrets.
    public var namespace: String
    /// The names of the secrets in the Pod, in its order.
    public var imagePullSecrets: [String]
    /// The service account whose secrets are used if the Pod names none; nil for a Pod in its final form.
    ///
    /// The API server's ServiceAccount plugin copies an account's secrets into a Pod before it calls webhooks, but not
    /// into the template of a workload (kubernetes, plugin/pkg/admission/serviceaccount/admission.go).
    public var serviceAccountName: String?

    /// Creates a query; without names and account it names no secret.
    ///
    /// - Parameters:
    ///   - namespace: The namespace of the secrets.
    ///   - imagePullSecrets: The names of the secrets in the Pod.
    ///   - serviceAccountName: The service account; nil for a Pod in its final form.
    public init(namespace: String, imagePullSecrets: [String] = [], serviceAccountName: String? = nil) {
        self.namespace = namespace
        self.imagePullSecrets = imagePullSecrets
        self.serviceAccountName = serviceAccountName
    }

    /// Whether there is no secret to read.
    public var isEmpty: Bool { imagePullSecrets.isEmpty && serviceAccountName == nil }
}

/// An answer about one image, with details of the look-up.
public struct ImageReport: Sendable {
    /// The reference as the query contains it.
    public var image: String
    /// The answer.
    public var answer: ImageAnswer
    /// The registry that the reference names; nil if the reference is not valid.
    public var registry: String?
    /// The host, with its port, that responded; nil if none did, and for cached answers.
    public var endpoint: String?
    /// The number of requests, including redirects and token requests; 0 for cached answers.
    public var roundTrips: Int
    /// The duration of the look-up.
    public var elapsed: Duration
    /// The kind of credential that the registry accepted; nil if none responded, and for cached answers.
    public var credential: CredentialKind?
    /// Whether the answer is from the cache.
    public var isCached: Bool

    /// Creates a report; the defaults are for a cached answer.
    ///
    /// - Parameters:
    ///   - image: The reference as the query contains it.
    ///   - answer: The answer.
    ///   - registry: The registry that the reference names.
    ///   - endpoint: The host that responded.
    ///   - roundTrips: The number of requests.
    ///   - elapsed: The duration of the look-up.
    ///   - credential: The kind of credential that the registry accepted.
    ///   - isCached: Whether the answer is from the cache.
    public init(
        image: String,
        answer: ImageAnswer,
        registry: String? = nil,
        endpoint: String? = nil,
        roundTrips: Int = 0,
        elapsed: Duration = .zero,
        credential: CredentialKind? = nil,
        isCached: Bool = true
    ) {
        self.image = image
        self.answer = answer
        self.registry = registry
        self.endpoint = endpoint
        self.roundTrips = roundTrips
        self.elapsed = elapsed
        self.credential = credential
        self.isCached = isCached
    }
}

/// The kind of credential that a registry accepted.
public enum CredentialKind: String, Sendable, CaseIterable {
    /// None, or a token for anonymous users.
    case anonymous
    /// A user name and a password with each request.
    case basic
    /// A token that was requested with a credential.
    case token
}
