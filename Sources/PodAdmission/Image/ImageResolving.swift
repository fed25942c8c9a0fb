/// Answers what images are: the one question that decisions ask of the outside.
public protocol ImageResolving: Sendable {
    /// Finds out about the images of a query, side by side.
    ///
    /// - Parameter query: The images, the pull secrets that may be used for them, and the deadline.
    /// - Returns: One report for every distinct text of the query's images, in the order of their first appearance.
    ///   What is not known by the deadline is ``ImageAnswer/unresolved(_:)``.
    func reports(on query: ImageQuery) async -> [ImageReport]
}

extension ImageResolving {
    /// The answers alone, by the reference as the query has it.
    public func answers(to query: ImageQuery) async -> [String: ImageAnswer] {
        guard !query.images.isEmpty else { return [:] }
        var answers: [String: ImageAnswer] = [:]
        for report in await reports(on: query) { answers[report.image] = report.answer }
        return answers
    }
}

/// What is asked about images.
public struct ImageQuery: Sendable {
    /// References as Pods write them; repeated ones are looked up once.
    public var images: [String]
    /// The pull secrets of the Pod that names the images; nil where there are none to read.
    public var pullSecrets: PullSecretsQuery?
    /// Which entries of an index a decision will rest on.
    public var preference: EntryPreference
    /// When the answers have to be there.
    public var deadline: ContinuousClock.Instant

    /// Creates a query.
    ///
    /// - Parameters:
    ///   - images: References as Pods write them.
    ///   - pullSecrets: The pull secrets of their Pod; nil for none.
    ///   - preference: Which entries of an index a decision will rest on; that of the built-in policy by default.
    ///   - deadline: When the answers have to be there.
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

/// Which pull secrets a Pod's images may be pulled with.
public struct PullSecretsQuery: Sendable, Hashable {
    /// The namespace of the secrets.
    public var namespace: String
    /// The names that the Pod gives, in its order.
    public var imagePullSecrets: [String]
    /// The service account whose secrets count where the Pod names none; nil where the Pod is as it will be stored.
    ///
    /// The API server's ServiceAccount plugin has copied an account's secrets into a Pod before webhooks see it, but not
    /// into the template of a workload (kubernetes, plugin/pkg/admission/serviceaccount/admission.go).
    public var serviceAccountName: String?

    /// Creates a query; without names and account it names no secret.
    public init(namespace: String, imagePullSecrets: [String] = [], serviceAccountName: String? = nil) {
        self.namespace = namespace
        self.imagePullSecrets = imagePullSecrets
        self.serviceAccountName = serviceAccountName
    }

    /// Whether there is nothing to read.
    public var isEmpty: Bool { imagePullSecrets.isEmpty && serviceAccountName == nil }
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
    /// The kind of credential that the registry accepted; nil where none answered, and for answers from the cache.
    public var credential: CredentialKind?
    /// Whether the answer was kept from an earlier look-up.
    public var isCached: Bool

    /// Creates a report; the defaults are those of an answer from the cache.
    ///
    /// - Parameters:
    ///   - image: The reference, as it was given.
    ///   - answer: The answer.
    ///   - registry: The registry that the reference names.
    ///   - endpoint: The host that answered.
    ///   - roundTrips: How many requests the look-up took.
    ///   - elapsed: How long it took.
    ///   - credential: The kind of credential that the registry accepted.
    ///   - isCached: Whether the answer was kept from an earlier look-up.
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

/// With what kind of credential a registry answered.
public enum CredentialKind: String, Sendable, CaseIterable {
    /// None, or a token that anybody gets.
    case anonymous
    /// A user name and a password with each request.
    case basic
    /// A token that was given for a credential.
    case token
}
