import Basics
public import KubernetesAPI
public import Logging
public import PodAdmission
public import ServiceLifecycle
import Synchronization

/// Tells the owners of Pods, by Events, that their Pods were routed to a runtime class or refused.
///
/// An Event is a courtesy: it waits in a bounded queue, is written at a bounded rate, and is dropped where the API
/// server does not take it.
public final class EventRecorder: Service, Sendable {
    let client: KubernetesClient
    let instance: String
    let logger: Logger
    let metrics: EventMetrics
    let clock: TimeSource
    let correlator = Mutex(EventCorrelator())
    /// How fast the API server is written to.
    let rate = Mutex(TokenBucket(burst: 10, interval: .milliseconds(100)))
    private let queue: AsyncStream<KubernetesEvent>
    private let entry: AsyncStream<KubernetesEvent>.Continuation

    /// How many Events wait at most.
    static let queueLimit = 1000
    /// How long the queue may take to empty when the server stops.
    static let drainLimit = Duration.seconds(2)

    /// Creates a recorder.
    ///
    /// - Parameters:
    ///   - client: Writes to the API server.
    ///   - instance: The replica's name, which the Events say.
    ///   - logger: Gets a line at `debug` for an Event that the API server did not take.
    ///   - metrics: Counts what became of the Events.
    public convenience init(
        client: KubernetesClient,
        instance: String,
        logger: Logger,
        metrics: EventMetrics = EventMetrics()
    ) {
        self.init(client: client, instance: instance, logger: logger, metrics: metrics, clock: TimeSource())
    }

    init(client: KubernetesClient, instance: String, logger: Logger, metrics: EventMetrics, clock: TimeSource) {
        self.client = client
        self.instance = instance
        self.logger = logger
        self.metrics = metrics
        self.clock = clock
        (queue, entry) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.queueLimit))
    }

    /// Takes note of a decision, without waiting.
    public func decided(_ admission: DecidedAdmission) {
        guard let event = KubernetesEvent(admission) else { return }
        guard case .enqueued = entry.yield(event) else { return metrics.count(.dropped) }
    }

    /// Writes what it is told of, until the server stops; what waits then has two seconds.
    public func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.writeAll() }
            group.addTask {
                try? await gracefulShutdown()
                self.entry.finish()
                try? await self.clock.sleep(Self.drainLimit)
            }
            // Whichever ends first: the queue is empty, or the time is over.
            await group.next()
            group.cancelAll()
        }
    }

    private func writeAll() async {
        for await event in queue {
            // An iterator goes on with what is buffered after its task is cancelled.
            guard !Task.isCancelled else {
                metrics.count(.dropped)
                continue
            }
            await write(event)
        }
    }
}
