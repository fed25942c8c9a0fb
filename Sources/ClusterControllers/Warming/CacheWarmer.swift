import Basics
public import KubernetesAPI
public import Logging
public import Metrics
public import PodAdmission
public import ServiceLifecycle
import Synchronization

/// Looks up the images of the workloads that a cluster has, and of each that comes, so that the admissions of their Pods
/// find them in the cache.
///
/// Every replica follows the workloads: the admission of a workload reaches one of them, those of its Pods all.
public final class CacheWarmer: Service, Sendable {
    private let client: KubernetesClient
    private let images: any ImageResolving
    private let ready: @Sendable () async throws -> Void
    private let logger: Logger
    private let metrics: WarmingMetrics
    private let clock: TimeSource
    private let state = Mutex(WarmingState())
    /// What lists have told; bounded by what may wait of their images.
    private let lists: AsyncStream<WarmingBatch>
    private let listed: AsyncStream<WarmingBatch>.Continuation
    /// What watches have told.
    private let changes: AsyncStream<WarmingEntry>
    private let changed: AsyncStream<WarmingEntry>.Continuation

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

extension CacheWarmer {
    /// Starts to follow the kinds, each when the first list of the one before is there or not to be had, so that the
    /// memory holds whole objects of one kind at a time.
    private func follow(in group: inout TaskGroup<Void>) async {
        for kind in WarmedKind.all {
            let (answer, answered) = AsyncStream.makeStream(of: Void.self)
            let reflector = Reflector(
                kind.resource,
                client: client,
                keeping: { WarmedWorkload($0, kind: kind)?.kept },
                logger: logger
            ) { event in
                self.receive(event, of: kind)
                answered.finish()
            }
            group.addTask { try? await reflector.run() }
            for await _ in answer {}
        }
    }

    /// Takes over what a list or a watch told.
    func receive(_ event: Reflector.Event, of kind: WarmedKind) {
        switch event {
        case .replaced(let objects):
            let workloads = objects.compactMap(WarmedWorkload.init(kept:))
            guard let batch = state.withLock({ $0.take(workloads, of: kind) }) else { return }
            metrics.record(.dropped, by: batch.leftOut.count)
            listed.yield(batch)
        case .changed(let object):
            guard let workload = WarmedWorkload(kept: object) else { return }
            for entry in state.withLock({ $0.take(workload) }) {
                if case .dropped = changed.yield(entry) { metrics.record(.dropped) }
            }
        case .removed(let object):
            if let identity = ObjectIdentity(object) { state.withLock { $0.forget(identity) } }
        case .connected, .disconnected: break
        }
    }
}

extension CacheWarmer {
    /// How many images of lists, and how many of changes, are looked up at once; the admissions' own come first.
    private static let atOnce = 4
    /// How long to wait between two beginnings of a list's: at most 100 in a second.
    private static let pause = Duration.milliseconds(10)
    /// How long one image may take, its secrets included.
    private static let patience = Duration.seconds(30)

    /// Looks up what lists told, one list after the other and no faster than allowed.
    private func lookUpLists() async {
        for await batch in lists {
            let start = clock.now()
            let resolved = await lookUp(batch.entries)
            guard !Task.isCancelled else { return }
            state.withLock { $0.finish(batch) }
            guard batch.isFirst else { continue }
            logger.info(
                "workloads' images looked up",
                metadata: [
                    "resource": "\(batch.kind.resource.plural)", "workloads": "\(batch.workloads)",
                    "images": "\(batch.entries.count)", "resolved": "\(resolved)",
                    "unresolved": "\(batch.entries.count - resolved)", "left_out": "\(batch.leftOut.count)",
                    "seconds": "\((clock.now() - start).components.seconds)",
                ]
            )
        }
    }

    /// Looks up what watches told, at once: the Pods of these workloads are about to come.
    private func lookUpChanges() async {
        await withTaskGroup(of: Void.self) { group in
            var active = 0
            for await entry in changes {
                // An iterator goes on with what is buffered after its task is cancelled.
                guard !Task.isCancelled else { return }
                if active == Self.atOnce { await group.next() } else { active += 1 }
                group.addTask { _ = await self.lookUp(entry) }
            }
        }
    }

    /// Looks the entries of a list up.
    ///
    /// - Returns: How many were resolved.
    private func lookUp(_ entries: [WarmingEntry]) async -> Int {
        await withTaskGroup(of: Bool.self) { group in
            var resolved = 0
            for (index, entry) in entries.enumerated() {
                if index >= Self.atOnce, await group.next() == true { resolved += 1 }
                guard (try? await clock.sleep(Self.pause)) != nil else { break }
                group.addTask { await self.lookUp(entry) }
            }
            for await isResolved in group where isResolved { resolved += 1 }
            return resolved
        }
    }

    /// Looks one image up.
    private func lookUp(_ entry: WarmingEntry) async -> Bool {
        let query = ImageQuery([entry.image], pullSecrets: entry.secrets, deadline: clock.now() + Self.patience)
        let answer = await images.answers(to: query)[entry.image]
        guard !Task.isCancelled else { return false }
        guard case .resolved? = answer else {
            metrics.record(.unresolved)
            return false
        }
        metrics.record(.resolved)
        return true
    }
}

/// The metrics of the warming.
public struct WarmingMetrics: Sendable {
    /// What became of an image: a bounded set, fit for a metric's label.
    enum Result: String, CaseIterable {
        /// Its registry has said what it is.
        case resolved
        /// It has not.
        case unresolved
        /// It was not asked, since too many waited.
        case dropped
    }

    private let results: [Result: Counter]

    /// Creates the metrics.
    ///
    /// - Parameter factory: Who keeps them; the process's own where it is left out.
    public init(factory: any MetricsFactory = MetricsSystem.factory) {
        let label = "polypod_cache_warming_images_total"
        results = Dictionary(
            uniqueKeysWithValues: Result.allCases.map { result in
                (result, Counter(label: label, dimensions: [("result", result.rawValue)], factory: factory))
            }
        )
    }

    func record(_ result: Result, by count: Int = 1) { results[result]?.increment(by: count) }

    /// What each metric is, for the `HELP` lines of an exposition.
    public static let descriptions: [String: String] = [
        "polypod_cache_warming_images_total": "Images of workloads looked up ahead of their Pods, by result."
    ]
}
