public import ImageRegistry
public import KubernetesAPI
public import Logging
import PodAdmission
public import ServiceLifecycle
public import WebhookServer

/// Looks up, once after a start, the images of the workloads that the cluster has, so that the admissions of their Pods
/// find them in the cache.
public struct CacheWarmer: Service {
    /// Hands on the objects of a kind, page by page, until it is told false.
    typealias Pages =
        @Sendable (KubernetesResource, _ onPage: ([JSONValue]) -> Bool) async throws(KubernetesAPIError) -> Void
    /// Reads pull secrets, as ``AdmissionEnvironment/credentials`` does.
    public typealias Credentials =
        @Sendable (PullSecretsQuery, _ deadline: ContinuousClock.Instant) async -> PullCredentials

    let pages: Pages
    let inspector: any ImageInspecting
    let credentials: Credentials
    let ready: @Sendable () async throws -> Void
    let logger: Logger
    let metrics: WarmingMetrics
    let clock: ServiceClock

    /// Creates a warmer.
    ///
    /// - Parameters:
    ///   - client: Asked to `list` workloads of all namespaces.
    ///   - inspector: Who looks images up, and keeps the answers.
    ///   - credentials: Reads pull secrets.
    ///   - ready: Returns when the warming may begin; admissions should not have to wait for it.
    ///   - logger: Gets one line at the end.
    ///   - metrics: The metrics of the warming.
    public init(
        client: KubernetesClient,
        inspector: any ImageInspecting,
        credentials: @escaping Credentials,
        ready: @escaping @Sendable () async throws -> Void,
        logger: Logger,
        metrics: WarmingMetrics = WarmingMetrics()
    ) {
        self.init(
            pages: { resource, onPage throws(KubernetesAPIError) in
                // A page of the largest workloads is still a small part of the server's memory.
                try await client.list(resource, pagesOf: 100, onPage: onPage)
            },
            inspector: inspector,
            credentials: credentials,
            ready: ready,
            logger: logger,
            metrics: metrics
        )
    }

    init(
        pages: @escaping Pages,
        inspector: any ImageInspecting,
        credentials: @escaping Credentials,
        ready: @escaping @Sendable () async throws -> Void,
        logger: Logger,
        metrics: WarmingMetrics,
        clock: ServiceClock = ServiceClock()
    ) {
        self.pages = pages
        self.inspector = inspector
        self.credentials = credentials
        self.ready = ready
        self.logger = logger
        self.metrics = metrics
        self.clock = clock
    }

    /// Warms the cache, then waits for the group's shutdown, which may come at any time.
    public func run() async throws {
        try? await cancelWhenGracefulShutdown {
            try await ready()
            await warm()
        }
        // A service that returns ends its group.
        try? await gracefulShutdown()
    }
}
