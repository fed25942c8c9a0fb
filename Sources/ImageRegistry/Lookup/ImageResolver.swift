public import PodAdmission

/// Reads the pull secrets of Pods.
public protocol PullSecretReading: Sendable {
    /// Reads the credentials in the pull secrets of a Pod.
    ///
    /// - Parameters:
    ///   - query: The secrets to read.
    ///   - deadline: When the function must return. A secret that is not read by then becomes a note in the result.
    /// - Returns: The credentials, in the order of the Pod's `imagePullSecrets`.
    func credentials(_ query: PullSecretsQuery, deadline: ContinuousClock.Instant) async -> PullCredentials
}

/// Resolves the images of a Pod: reads its pull secrets, then looks the images up.
public struct ImageResolver: ImageResolving {
    private let inspector: ImageInspector
    private let secrets: (any PullSecretReading)?

    /// Combines an inspector with a reader of pull secrets; without `secrets`, pull secrets are not used.
    public init(inspector: ImageInspector, secrets: (any PullSecretReading)? = nil) {
        self.inspector = inspector
        self.secrets = secrets
    }

    /// Looks up the images of a query concurrently; the result has one report for each distinct image.
    ///
    /// Reading pull secrets takes at most half of the time to the deadline, because the registry may need none of them.
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
            namespace: query.pullSecrets?.namespace ?? "",
            deadline: query.deadline
        )
    }
}
