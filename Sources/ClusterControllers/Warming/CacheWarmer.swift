import Basics
public import KubernetesAPI
public import Logging
public import PodAdmission
public import ServiceLifecycle
import Synchronization

/// Looks up the images of the workloads that a cluster has, and of each that comes, so that the admissions of their Pods
/// find them in the cache.
///
/// Every replica follows the workloads: the admission of a workload reaches one of them, those of its Pods all.
public final class CacheWarmer: Service, Sendable {
    let client: KubernetesClient
    let images: any ImageResolving
    let ready: @Sendable () async throws -> Void
    let logger: Logger
    let metrics: WarmingMetrics
    let clock: TimeSource
    let state = Mutex(WarmingState())
    /// What lists have told; bounded by what may wait of their images.
    let lists: AsyncStream<WarmingBatch>
    let listed: AsyncStream<WarmingBatch>.Continuation
    /// What watches have told.
    let changes: AsyncStream<WarmingEntry>
    let changed: AsyncStream<WarmingEntry>.Continuation

    /// How many images of changes may wait.
    static let changesLimit = 1000

    /// Creates a warmer.
    ///
    /// - Parameters:
    ///   - client: Asked to `list` and `watch` workloads of all namespaces.
    ///   - images: Looks images up, and keeps the answers.
    ///   - ready: Returns when the warming may begin; admissions should not have to wait for it.
    ///   - logger: Gets one line for the first list of each kind.
    ///   - metrics: The metrics of the warming.
    public convenience init(
        client: KubernetesClient,
        images: any ImageResolving,
        ready: @escaping @Sendable () async throws -> Void,
        logger: Logger,
        metrics: WarmingMetrics = WarmingMetrics()
    ) {
        self.init(
            client: client,
            images: images,
            ready: ready,
            logger: logger,
            metrics: metrics,
            clock: TimeSource()
        )
    }

    init(
        client: KubernetesClient,
        images: any ImageResolving,
        ready: @escaping @Sendable () async throws -> Void,
        logger: Logger,
        metrics: WarmingMetrics,
        clock: TimeSource
    ) {
        self.client = client
        self.images = images
        self.ready = ready
        var logger = logger
        // Why the workloads are read, where the API server does not let them be.
        logger[metadataKey: "purpose"] = "cache warming"
        self.logger = logger
        self.metrics = metrics
        self.clock = clock
        (lists, listed) = AsyncStream.makeStream()
        (changes, changed) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Self.changesLimit))
    }

    /// Follows the workloads and looks their images up, until the group's shutdown, which may come at any time.
    public func run() async throws {
        try? await cancelWhenGracefulShutdown {
            try await self.ready()
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.lookUpLists() }
                group.addTask { await self.lookUpChanges() }
                await self.follow(in: &group)
            }
        }
        // A service that returns ends its group.
        try? await gracefulShutdown()
    }
}
