import Basics
public import KubernetesAPI
public import Logging
public import PodAdmission
public import ServiceLifecycle
import Synchronization

/// Watches the workloads of the cluster and looks up their images, so that the admissions of their Pods find them cached.
///
/// Every replica watches: the admission of a workload reaches one replica, the admissions of its Pods reach all.
public final class CacheWarmer: Service, Sendable {
    private let client: KubernetesClient
    private let images: any ImageResolving
    private let ready: @Sendable () async throws -> Void
    private let logger: Logger
    private let metrics: WarmingMetrics
    private let clock: TimeSource
    private let state = Mutex(WarmingState())
    /// The new workloads of lists; ``WarmingState`` limits the number of their images.
    private let lists: AsyncStream<WarmingBatch>
    private let listed: AsyncStream<WarmingBatch>.Continuation
    /// The images of workloads that were created or changed.
    private let changes: AsyncStream<WarmingEntry>
    private let changed: AsyncStream<WarmingEntry>.Continuation

    /// The limit on images of changes that wait; the oldest are dropped.
    private static let changesLimit = 1000
    /// The limit on concurrent look-ups, for lists and for changes each, so that admissions have the larger share.
    private static let concurrentLookUps = 4
    /// The time between the starts of two look-ups of a list: at most 100 in a second.
    private static let pause = Duration.milliseconds(10)
    /// The longest look-up of one image, with the reading of its pull secrets.
    private static let lookUpTimeout = Duration.seconds(30)

    /// Creates a warmer.
    ///
    /// - Parameters:
    ///   - client: The client, which needs the verbs `list` and `watch` for workloads in all namespaces.
    ///   - images: Looks images up and caches the answers.
    ///   - ready: Returns when the warming may begin, so that it does not delay the server's readiness.
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
        // Explains the error messages about workloads that may not be watched.
        logger[metadataKey: "purpose"] = "cache warming"
        self.logger = logger
        self.metrics = metrics
        self.clock = clock
        (lists, listed) = AsyncStream.makeStream()
        (changes, changed) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Self.changesLimit))
    }

    /// Watches the workloads and looks up their images, until the service group shuts down; it throws no error.
    public func run() async throws {
        try? await cancelWhenGracefulShutdown {
            try await self.ready()
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.lookUpLists() }
                group.addTask { await self.lookUpChanges() }
                await self.watchWorkloads(in: &group)
            }
        }
        // A service that returns ends its group.
        try? await gracefulShutdown()
    }

    /// Starts a watch of each kind.
    ///
    /// Each watch starts when the first list of the kind before has arrived or failed, so that the memory holds whole
    /// objects of one kind at a time.
    private func watchWorkloads(in group: inout TaskGroup<Void>) async {
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

    /// Handles an event of a kind's list or watch.
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

    /// Looks up the images of lists, one list after another.
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

    /// Looks up the images of changes without a pause, because the Pods of these workloads follow soon.
    private func lookUpChanges() async {
        await withTaskGroup(of: Void.self) { group in
            var active = 0
            for await entry in changes {
                // After a cancellation the iterator still returns the buffered entries.
                guard !Task.isCancelled else { return }
                if active == Self.concurrentLookUps { await group.next() } else { active += 1 }
                group.addTask { _ = await self.lookUp(entry) }
            }
        }
    }

    /// Looks up the images of a list.
    ///
    /// - Returns: The number of images that were resolved.
    private func lookUp(_ entries: [WarmingEntry]) async -> Int {
        await withTaskGroup(of: Bool.self) { group in
            var resolved = 0
            for (index, entry) in entries.enumerated() {
                if index >= Self.concurrentLookUps, await group.next() == true { resolved += 1 }
                guard (try? await clock.sleep(Self.pause)) != nil else { break }
                group.addTask { await self.lookUp(entry) }
            }
            for await isResolved in group where isResolved { resolved += 1 }
            return resolved
        }
    }

    /// Looks up one image; returns whether it was resolved.
    private func lookUp(_ entry: WarmingEntry) async -> Bool {
        let query = ImageQuery([entry.image], pullSecrets: entry.secrets, deadline: clock.now() + Self.lookUpTimeout)
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
