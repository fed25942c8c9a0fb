import Basics
public import KubernetesAPI
public import Logging
public import ServiceLifecycle
import Synchronization

/// Sets the validating webhook's failurePolicy to Fail after proofs, and back to Ignore before it does harm.
///
/// Every replica counts, so that a new leader knows what the one before it knew; only the leader writes. Let it be the
/// last of its group, which is told first to stop: it turns back to Ignore where no replica is left to answer, and that
/// has to be done while this one still does.
public final class FailurePolicyController: Service, Sendable {
    /// How often the endpoints are looked at before this replica goes while others are there.
    ///
    /// Replicas that go at the same time still see each other for a moment.
    static let looksBeforeLeaving = 4
    /// How long all of that may take: the drain comes after it and needs the rest of the Pod's grace.
    static let leaveLimit = Duration.seconds(9)

    let calls: Calls
    private let isLeader: @Sendable () -> Bool
    let logger: Logger
    let metrics: FailurePolicyMetrics
    private let clock: TimeSource
    private let outcomes: AsyncStream<ProbeOutcome>
    private let queue: AsyncStream<ProbeOutcome>.Continuation
    let lastError = Mutex<KubernetesAPIError.Code?>(nil)

    /// Creates the controller.
    ///
    /// - Parameters:
    ///   - client: Asked to `get` and `patch` the validating webhook configuration, and to `get` the Endpoints.
    ///   - endpoints: The webhooks' Service.
    ///   - configuration: The name of the validating webhook configuration.
    ///   - isLeader: Whether this replica may write.
    ///   - logger: Told of every change.
    ///   - metrics: The metrics of the failure policy.
    public convenience init(
        client: KubernetesClient,
        endpoints: WebhookEndpoints,
        configuration: String = "polypod",
        isLeader: @escaping @Sendable () -> Bool,
        logger: Logger,
        metrics: FailurePolicyMetrics = FailurePolicyMetrics()
    ) {
        self.init(
            calls: Calls(client: client, endpoints: endpoints, configuration: configuration),
            isLeader: isLeader,
            logger: logger,
            metrics: metrics
        )
    }

    init(
        calls: Calls,
        isLeader: @escaping @Sendable () -> Bool,
        logger: Logger,
        metrics: FailurePolicyMetrics,
        clock: TimeSource = TimeSource()
    ) {
        self.calls = calls
        self.isLeader = isLeader
        self.logger = logger
        self.metrics = metrics
        self.clock = clock
        // One comes every few seconds; more than these wait only where the API server does not answer.
        (outcomes, queue) = AsyncStream.makeStream(of: ProbeOutcome.self, bufferingPolicy: .bufferingNewest(16))
    }

    /// Takes an outcome of the self-proof in; never waits.
    public func record(_ outcome: ProbeOutcome) { queue.yield(outcome) }

    /// Keeps the failure policy right until the group shuts down or the task is cancelled.
    public func run() async throws {
        var budget = FailurePolicyBudget()
        await withGracefulShutdownHandler {
            for await outcome in outcomes {
                budget.record(outcome, at: clock.now())
                guard isLeader() else {
                    metrics.record(nil)
                    continue
                }
                if let wanted = budget.wanted { _ = await set(wanted, because: outcome.label) }
            }
        } onGracefulShutdown: {
            self.queue.finish()
        }
        if !Task.isCancelled { await clock.withTimeout(Self.leaveLimit) { await self.leave() } }
    }

    /// Makes sure that no Fail is left behind without anybody to answer.
    private func leave() async {
        let wasLeader = isLeader()
        for look in 1...Self.looksBeforeLeaving {
            let hasOthers = try? await calls.hasOthers()
            if hasOthers == false || (hasOthers == nil && wasLeader), await set(.ignore, because: "no replica is left")
            {
                return
            }
            if look < Self.looksBeforeLeaving, (try? await clock.sleep(.seconds(1))) == nil { return }
        }
    }
}
