import Basics
import JSON
public import KubernetesAPI
public import Logging
public import Metrics
public import PodAdmission
public import ServiceLifecycle
import Synchronization

/// Writes Events for the owners of Pods that were routed to a runtime class or refused.
///
/// Events are best effort: they wait in a bounded queue, are written at a bounded rate, and are dropped if the API
/// server does not accept them.
public final class EventRecorder: Service, Sendable {
    private let client: KubernetesClient
    private let instance: String
    private let logger: Logger
    private let metrics: EventMetrics
    private let clock: TimeSource
    private let correlator = Mutex(EventCorrelator())
    /// Limits the requests to the API server: ten at once, then ten per second.
    private let rate = Mutex(TokenBucket(burst: 10, interval: .milliseconds(100)))
    private let queue: AsyncStream<KubernetesEvent>
    private let entry: AsyncStream<KubernetesEvent>.Continuation

    /// How many Events wait at most.
    static let queueLimit = 1000
    /// How long the queue may take to empty when the server stops.
    static let drainLimit = Duration.seconds(2)

    /// Creates a recorder, which writes nothing before ``run()``.
    ///
    /// - Parameters:
    ///   - client: Creates and patches Events in the namespaces of the Pods.
    ///   - instance: The replica's name, the `reportingInstance` of the Events.
    ///   - logger: Logs at `debug` each Event that the API server did not accept.
    ///   - metrics: Counts the Events by result.
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

    /// Queues the Event for a decision, if the decision has one; does not wait.
    public func record(_ admission: DecidedAdmission) {
        guard let event = KubernetesEvent(admission) else { return }
        guard case .enqueued = entry.yield(event) else { return metrics.count(.dropped) }
    }

    /// Writes the queued Events until graceful shutdown; the Events that wait then have two seconds.
    public func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.writeAll() }
            group.addTask {
                try? await gracefulShutdown()
                self.entry.finish()
                try? await self.clock.sleep(Self.drainLimit)
            }
            // The first of both to end: the queue is empty, or the time is over.
            await group.next()
            group.cancelAll()
        }
    }

    private func writeAll() async {
        for await event in queue {
            // The iterator still returns buffered elements after its task is cancelled.
            guard !Task.isCancelled else {
                metrics.count(.dropped)
                continue
            }
            await write(event)
        }
    }

    /// Writes one Event within the rate limit, or counts why it was not written.
    private func write(_ event: KubernetesEvent) async {
        let step = correlator.withLock { $0.step(for: event, at: clock.now()) }
        guard step != .drop else { return metrics.count(.limited) }
        do {
            try await waitForTurn()
        } catch {
            return metrics.count(.dropped)
        }
        do throws(KubernetesAPIError) {
            metrics.count(try await send(event, step))
        } catch {
            metrics.count(.failed)
            logger.debug(
                "the API server did not accept an Event",
                metadata: ["reason": "\(event.reason.rawValue)", "error": "\(error)"]
            )
        }
    }

    private func waitForTurn() async throws {
        while true {
            let wait = rate.withLock { rate -> Duration in
                let now = clock.now()
                return rate.take(at: now) ? .zero : rate.wait(at: now)
            }
            guard wait > .zero else { return }
            try await clock.sleep(wait)
        }
    }

    private func send(
        _ event: KubernetesEvent,
        _ step: EventCorrelator.Step
    ) async throws(KubernetesAPIError) -> EventMetrics.Result {
        if case .count(let name, let count) = step {
            let path = ObjectPath(.events, namespace: event.namespace, name: name)
            let time = Timestamp(seconds: clock.unixTime()).text(.seconds)
            do throws(KubernetesAPIError) {
                _ = try await client.patch(
                    path,
                    .merge(["count": .number(String(count)), "lastTimestamp": .string(time)])
                )
                remember(event, name: name, count: count)
                return .counted
            } catch  where error.code == .notFound {
                // The API server deletes Events after an hour by default (--event-ttl); a user may have deleted it too.
                correlator.withLock { $0.forget(event) }
            }
        }
        let name = event.newName()
        let object = event.object(named: name, at: clock.unixTime(), instance: instance)
        _ = try await client.create(object, as: .events, namespace: event.namespace)
        remember(event, name: name, count: 1)
        return .created
    }

    private func remember(_ event: KubernetesEvent, name: String, count: Int) {
        let now = clock.now()
        correlator.withLock { $0.remember(event, as: EventCorrelator.Series(name: name, count: count, last: now)) }
    }
}

/// The metrics of the ``EventRecorder``.
public struct EventMetrics: Sendable {
    /// The result of an Event; a bounded set, because it is a metric's label.
    enum Result: String, CaseIterable {
        /// The Event was created.
        case created
        /// It was counted on an existing Event.
        case counted
        /// Its object had too many Events.
        case limited
        /// The queue was full, or the server stopped before it was written.
        case dropped
        /// The API server did not accept it.
        case failed
    }

    private let results: [Result: Counter]

    /// Registers the metrics with `factory`, by default the process's own.
    public init(factory: any MetricsFactory = MetricsSystem.factory) {
        results = Dictionary(
            uniqueKeysWithValues: Result.allCases.map { result in
                let dimensions = [("result", result.rawValue)]
                return (result, Counter(label: "polypod_events_total", dimensions: dimensions, factory: factory))
            }
        )
    }

    func count(_ result: Result) { results[result]?.increment() }

    /// The `HELP` text of each metric, by the metric's name.
    public static let descriptions = [
        "polypod_events_total": "Events on the owners of Pods, by result."
    ]
}
