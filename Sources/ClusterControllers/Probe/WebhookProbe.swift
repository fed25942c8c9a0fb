import Basics
public import KubernetesAPI
public import Logging
public import Metrics
public import ServiceLifecycle
import Synchronization

/// Checks regularly that the API server calls both webhooks, with a dry run of a Pod that they change and refuse.
///
/// One such request covers certificates, endpoints, network rules and webhook configurations.
public final class WebhookProbe: Service, Sendable {
    /// The requests to the API server, which tests replace.
    struct Calls: Sendable {
        /// Creates the Pod as a dry run.
        var probe: @Sendable () async throws(KubernetesAPIError) -> KubernetesResponse
        /// Whether other replicas are ready.
        var hasOthers: @Sendable () async throws(KubernetesAPIError) -> Bool
    }

    /// When probes are sent, and how long one may take.
    struct Timing: Sendable {
        /// How long one request may take.
        ///
        /// If the network drops packets to the webhooks, the API server waits five seconds for the mutating webhook
        /// and five for the validating one (timeoutSeconds in deploy/webhook/base) before it reports them as
        /// unreachable. A shorter limit would miss that report and blame the API server.
        var requestLimit = Duration.seconds(14)
        /// The pause before the first probe, so that the server listens by then.
        var firstPause = Duration.seconds(1)
        /// The pause after a success, and after a fault that is not the webhooks'.
        var usualPause = Duration.seconds(30)
        /// The pause after a fault of the webhooks, so that its repetition or its end is noticed soon.
        var shortPause = Duration.seconds(10)
        /// A factor around 1 that spreads the requests of the replicas.
        var jitter: @Sendable () -> Double = { Double.random(in: 0.9...1.1) }

        /// The pause after `outcome`, at least five seconds.
        func pause(after outcome: ProbeOutcome) -> Duration {
            let pause = outcome.isOwnFault ? shortPause : usualPause
            return max(.seconds(5), pause * jitter())
        }
    }

    private struct State {
        var readiness: ProbeReadiness
        var outcome: ProbeOutcome?
        /// The level at which the last outcome was logged.
        var level: Logger.Level?
    }

    /// The namespace of the Pod that is sent; nothing is ever stored there.
    public static let namespace = ProbePod.namespace

    private let calls: Calls
    private let logger: Logger
    private let metrics: ProbeMetrics
    private let clock: TimeSource
    private let timing: Timing
    private let onOutcome: @Sendable (ProbeOutcome) -> Void
    private let state: Mutex<State>

    /// Creates a probe, which sends no request before ``run()``.
    ///
    /// - Parameters:
    ///   - client: Creates Pods in the namespace `polypod-probe`, and gets the Service's Endpoints.
    ///   - endpoints: The webhooks' Service, to look for other replicas.
    ///   - logger: Logs each change of the outcome once.
    ///   - metrics: Records the outcomes.
    ///   - onOutcome: Receives each outcome; it must not block.
    public convenience init(
        client: KubernetesClient,
        endpoints: WebhookEndpoints,
        logger: Logger,
        metrics: ProbeMetrics = ProbeMetrics(),
        onOutcome: @escaping @Sendable (ProbeOutcome) -> Void = { _ in }
    ) {
        self.init(
            calls: Calls(client: client, endpoints: endpoints),
            logger: logger,
            metrics: metrics,
            onOutcome: onOutcome
        )
    }

    init(
        calls: Calls,
        logger: Logger,
        metrics: ProbeMetrics,
        clock: TimeSource = TimeSource(),
        timing: Timing = Timing(),
        onOutcome: @escaping @Sendable (ProbeOutcome) -> Void = { _ in }
    ) {
        self.calls = calls
        self.logger = logger
        self.metrics = metrics
        self.clock = clock
        self.timing = timing
        self.onOutcome = onOutcome
        state = Mutex(State(readiness: ProbeReadiness(start: clock.now())))
    }

    /// Why this replica is not ready; nil if the probe does not hold it back.
    public var notReadyReason: String? { state.withLock { $0.readiness.notReadyReason(at: clock.now()) } }

    /// Sends probes until graceful shutdown or cancellation.
    public func run() async {
        try? await cancelWhenGracefulShutdown {
            try await self.clock.sleep(self.timing.firstPause)
            while true {
                await self.lookForOthers()
                let answer = await self.probe()
                try Task.checkCancellation()
                let outcome = ProbeOutcome(answer)
                self.record(outcome, answer)
                try await self.clock.sleep(self.timing.pause(after: outcome))
            }
        }
    }

    /// Looks for other replicas while the readiness depends on it; an error counts as no other replica.
    private func lookForOthers() async {
        guard state.withLock({ $0.readiness.isOpen(at: clock.now()) }) else { return }
        let hasOthers = await clock.withTimeout(timing.requestLimit) { try await self.calls.hasOthers() }
        state.withLock { $0.readiness.hasOthers = hasOthers ?? false }
    }

    private func probe() async -> Result<KubernetesResponse, KubernetesAPIError> {
        let answer = await clock.withTimeout(timing.requestLimit) {
            () -> Result<KubernetesResponse, KubernetesAPIError> in
            do throws(KubernetesAPIError) { return .success(try await self.calls.probe()) } catch {
                return .failure(error)
            }
        }
        return answer ?? .failure(KubernetesAPIError(.timeout, "the API server did not answer the self-proof in time"))
    }

    private func record(_ outcome: ProbeOutcome, _ answer: Result<KubernetesResponse, KubernetesAPIError>) {
        let (level, isNew) = state.withLock { state -> (Logger.Level, Bool) in
            state.readiness.record(outcome)
            // Before the first replica is ready, no webhook can answer: a failure is not yet an error.
            let isStarting = state.readiness.isOpen(at: clock.now())
            let level: Logger.Level = outcome == .succeeded ? .info : isStarting ? .warning : .error
            defer { (state.outcome, state.level) = (outcome, level) }
            return (level, state.outcome != outcome || state.level != level)
        }
        metrics.record(outcome)
        if isNew {
            var metadata: Logger.Metadata = ["outcome": "\(outcome.label)", "meaning": "\(outcome.explanation)"]
            if outcome != .succeeded, case .failure(let error) = answer, let words = error.serverMessage {
                metadata["words"] = "\(String(words.prefix(300)))"
            }
            logger.log(level: level, "self-proof", metadata: metadata)
        }
        onOutcome(outcome)
    }
}

extension WebhookProbe.Calls {
    init(client: KubernetesClient, endpoints: WebhookEndpoints) {
        self.init(
            probe: { () throws(KubernetesAPIError) in
                try await client.create(ProbePod.object, as: .pods, namespace: ProbePod.namespace, dryRun: true)
            },
            hasOthers: { () throws(KubernetesAPIError) in try await endpoints.haveOthers(client) }
        )
    }
}

/// The metrics of the ``WebhookProbe``.
public struct ProbeMetrics: Sendable {
    private let isWorking: Gauge
    private let outcomes: [ProbeOutcome: Counter]

    /// Registers the metrics with `factory`, by default the process's own.
    public init(factory: any MetricsFactory = MetricsSystem.factory) {
        isWorking = Gauge(label: "polypod_self_proof_ok", dimensions: [], factory: factory)
        outcomes = Dictionary(
            uniqueKeysWithValues: ProbeOutcome.all.map { outcome in
                let dimensions = [("outcome", outcome.label)]
                return (outcome, Counter(label: "polypod_self_proof_total", dimensions: dimensions, factory: factory))
            }
        )
    }

    func record(_ outcome: ProbeOutcome) {
        isWorking.record(outcome == .succeeded ? 1 : 0)
        outcomes[outcome]?.increment()
    }

    /// The `HELP` text of each metric, by the metric's name.
    public static let descriptions: [String: String] = [
        "polypod_self_proof_ok": "1 if the last dry run through the API server reached both webhooks, else 0.",
        "polypod_self_proof_total": "Dry runs through the API server, by outcome.",
    ]
}
