public import PodAdmission

/// Reads the credentials of pull secrets.
public protocol PullSecretReading: Sendable {
    /// The credentials that a Pod's pull secrets hold, in the Pod's order.
    ///
    /// - Parameters:
    ///   - query: Which secrets.
    ///   - deadline: When the answer has to be there; a secret that is not read by then is a note in the answer.
    func credentials(_ query: PullSecretsQuery, deadline: ContinuousClock.Instant) async -> PullCredentials
}

/// Answers what images are: reads the pull secrets of their Pod, then asks the registries.
public struct ImageResolver: ImageResolving {
    private let inspector: ImageInspector
    private let secrets: (any PullSecretReading)?

    /// Creates a resolver; without `secrets` registries are asked with the inspector's own credentials alone.
    public init(inspector: ImageInspector, secrets: (any PullSecretReading)? = nil) {
        self.inspector = inspector
        self.secrets = secrets
    }

    /// Finds out about the images of a query, side by side.
    ///
    /// Pull secrets are read for at most half of the time, since the registry may need none of them.
    public func reports(on query: ImageQuery) async -> [ImageReport] {
        guard !query.images.isEmpty else { return [] }
        var credentials = PullCredentials()
        if let secrets, let pullSecrets = query.pullSecrets, !pullSecrets.isEmpty {
            let now = ContinuousClock.now
            credentials = await secrets.credentials(pullSecrets, deadline: now + (query.deadline - now) / 2)
        }
        return await inspector.reports(
            on: query.images,
            credentials: credentials,
            preference: query.preference,
            deadline: query.deadline
        )
    }
}
