import Basics
import JSON
public import KubernetesAPI
public import Logging
public import Metrics
public import ServiceLifecycle
import Synchronization

/// Sets the validating webhook's failurePolicy to Fail after successful probes, and to Ignore before Fail does harm.
///
/// Every replica counts the outcomes, so that a new leader can decide at once; only the leader writes. The controller
/// has to be the last service of its group, which stops it first: if no other replica is ready, it sets Ignore while
/// this replica still answers.
public final class FailurePolicyController: Service, Sendable {
    /// The requests to the API server, which tests replace.
    struct Calls: Sendable {
        /// Fetches the validating webhook configuration.
        var configuration: @Sendable () async throws(KubernetesAPIError) -> JSONValue
        /// Patches it (RFC 6902).
        var patch: @Sendable ([JSONValue]) async throws(KubernetesAPIError) -> Void
        /// Whether other replicas are ready.
        var hasOthers: @Sendable () async throws(KubernetesAPIError) -> Bool
    }

    /// How often a replica that stops looks for other replicas, once a second.
    ///
    /// Replicas that stop at the same time still see each other for a moment.
    static let looksBeforeLeaving = 4
    /// How long all of that may take: the drain follows, and needs the rest of the Pod's grace period.
    static let leaveLimit = Duration.seconds(9)

    private let calls: Calls
    private let isLeader: @Sendable () -> Bool
    private let logger: Logger
    private let metrics: FailurePolicyMetrics
    private let clock: TimeSource
    private let outcomes: AsyncStream<ProbeOutcome>
    private let queue: AsyncStream<ProbeOutcome>.Continuation
    private let lastError = Mutex<KubernetesAPIError.Code?>(nil)

    /// Creates a controller, which sends no request before ``run()``.
    ///
    /// - Parameters:
    ///   - client: Gets and patches the validating webhook configuration, and gets the Endpoints.
    ///   - endpoints: The webhooks' Service, to look for other replicas.
    ///   - configuration: The name of the validating webhook configuration.
    ///   - isLeader: Whether this replica may write now.
    ///   - logger: Logs each change, and each new error once.
    ///   - metrics: Records the policy and its changes.
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
        // One outcome comes every few seconds; more than these wait only while the API server does not answer.
        (outcomes, queue) = AsyncStream.makeStream(of: ProbeOutcome.self, bufferingPolicy: .bufferingNewest(16))
    }

    /// Queues an outcome of the ``WebhookProbe``; does not wait.
    public func record(_ outcome: ProbeOutcome) { queue.yield(outcome) }

    /// Sets the failure policy after each outcome, until graceful shutdown or cancellation.
    public func run() async {
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

    /// Sets Ignore if no other replica is ready, so that Fail does not refuse every Pod afterwards.
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

    /// Writes the policy if the configuration has another one.
    ///
    /// - Returns: Whether the configuration has the policy now.
    private func set(_ wanted: FailurePolicy, because reason: String) async -> Bool {
        do throws(KubernetesAPIError) {
            let configuration = try await calls.configuration()
            guard let current = FailurePolicy(of: ProbeOutcome.webhook, in: configuration),
                let patch = wanted.patch(ProbeOutcome.webhook, in: configuration)
            else { throw KubernetesAPIError(.notFound, "the configuration has no entry \(ProbeOutcome.webhook)") }
            if current != wanted {
                try await calls.patch(patch)
                metrics.recordChange(to: wanted)
                logger.notice(
                    "failure policy changed",
                    metadata: ["from": "\(current.rawValue)", "to": "\(wanted.rawValue)", "because": "\(reason)"]
                )
            }
            metrics.record(wanted)
            lastError.withLock { $0 = nil }
            return true
        } catch {
            // Every outcome leads to another attempt, so the same error is logged once.
            let isNew = lastError.withLock { last in
                defer { last = error.code }
                return last != error.code
            }
            if isNew { logger.warning("failure policy not set", metadata: ["error": "\(error)"]) }
            return false
        }
    }
}

extension FailurePolicyController.Calls {
    init(client: KubernetesClient, endpoints: WebhookEndpoints, configuration: String) {
        let path = ObjectPath(.validatingWebhookConfigurations, name: configuration)
        self.init(
            configuration: { () throws(KubernetesAPIError) in try await client.get(path) },
            patch: { operations throws(KubernetesAPIError) in _ = try await client.patch(path, .json(operations)) },
            hasOthers: { () throws(KubernetesAPIError) in try await endpoints.haveOthers(client) }
        )
    }
}

/// The metrics of the ``FailurePolicyController``.
public struct FailurePolicyMetrics: Sendable {
    private let isFail: Gauge
    private let changes: [FailurePolicy: Counter]

    /// Registers the metrics with `factory`, by default the process's own.
    public init(factory: any MetricsFactory = MetricsSystem.factory) {
        isFail = Gauge(label: "polypod_failure_policy_fail", dimensions: [], factory: factory)
        changes = Dictionary(
            uniqueKeysWithValues: FailurePolicy.allCases.map { policy in
                let dimensions = [("to", policy.rawValue)]
                let label = "polypod_failure_policy_changes_total"
                return (policy, Counter(label: label, dimensions: dimensions, factory: factory))
            }
        )
    }

    /// Records the policy in the configuration; nil on a replica that does not read it.
    func record(_ policy: FailurePolicy?) { isFail.record(policy == .fail ? 1 : 0) }

    func recordChange(to policy: FailurePolicy) { changes[policy]?.increment() }

    /// The `HELP` text of each metric, by the metric's name.
    public static let descriptions: [String: String] = [
        "polypod_failure_policy_fail": "1 on the leader while the validating webhook's failurePolicy is Fail, else 0.",
        "polypod_failure_policy_changes_total": "Changes of the validating webhook's failurePolicy.",
    ]
}
