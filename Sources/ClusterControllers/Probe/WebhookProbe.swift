import Basics
public import KubernetesAPI
public import Logging
public import ServiceLifecycle
import Synchronization

/// Sees again and again whether the API server really asks both webhooks: a Pod that they refuse, sent as a dry run.
///
/// Certificates, endpoints, network rules and configurations are all in that one answer.
public final class WebhookProbe: Service, Sendable {
    /// The namespace of the Pod that is sent; nothing is ever stored there.
    public static let namespace = ProbePod.namespace

    struct State {
        var readiness: ProbeReadiness
        var outcome: ProbeOutcome?
        /// How loud the last outcome was said.
        var level: Logger.Level?
    }

    let calls: Calls
    let logger: Logger
    let metrics: ProbeMetrics
    let clock: TimeSource
    let pacing: ProbePacing
    let onOutcome: @Sendable (ProbeOutcome) -> Void
    let state: Mutex<State>

    /// Creates the proof; nothing is asked before it runs.
    ///
    /// - Parameters:
    ///   - client: Asked to `create` Pods in the namespace `polypod-probe` and to `get` the Service's Endpoints.
    ///   - endpoints: The webhooks' Service.
    ///   - logger: Told once of every change.
    ///   - metrics: The metrics of the proof.
    ///   - onOutcome: Told of every outcome; it must not wait.
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
        pacing: ProbePacing = ProbePacing(),
        onOutcome: @escaping @Sendable (ProbeOutcome) -> Void = { _ in }
    ) {
        self.calls = calls
        self.logger = logger
        self.metrics = metrics
        self.clock = clock
        self.pacing = pacing
        self.onOutcome = onOutcome
        state = Mutex(State(readiness: ProbeReadiness(start: clock.now())))
    }

    /// Why this replica should not be sent requests yet; nil where nothing speaks against it.
    public var notReadyReason: String? { state.withLock { $0.readiness.notReadyReason(at: clock.now()) } }

    /// What the last dry run showed; nil before the first.
    public var outcome: ProbeOutcome? { state.withLock { $0.outcome } }
}
