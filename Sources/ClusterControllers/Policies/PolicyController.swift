import Basics
public import KubernetesAPI
public import Logging
public import PodAdmission
public import ServiceLifecycle
import Synchronization

/// Keeps the policies in force in step with the cluster's WasmPolicies, and says in their status what became of them.
///
/// A policy is asked for as it is now with every decision; a change of the cluster's counts for the next one.
public final class PolicyController: Service, Sendable {
    struct State {
        var store = PolicyStore()
        var policies: PolicySet
        /// Whether the API server has said which objects there are, or that it has none of their kind.
        var hasAnswered = false
        /// Why the API server does not say.
        var trouble: KubernetesAPIError?
        var work = StatusWork()
    }

    let client: KubernetesClient
    let instance: String
    let logger: Logger
    let clock: TimeSource
    let state: Mutex<State>
    let base: PolicySet
    let metrics: PolicyMetrics
    private let wakeUps: AsyncStream<Void>
    let wake: AsyncStream<Void>.Continuation

    /// How often the numbers of Pods are written.
    static let flushInterval = Duration.seconds(30)
    /// How long the last numbers may take when the server stops.
    static let flushLimit = Duration.seconds(2)

    /// Creates a controller.
    ///
    /// - Parameters:
    ///   - client: Reads and writes the cluster's policies.
    ///   - base: The policies that count beside the cluster's, which win over those of the same name.
    ///   - instance: The replica's name, which its Events say.
    ///   - logger: Gets a line for every version of a policy.
    ///   - metrics: Counts the policies and their versions.
    public convenience init(
        client: KubernetesClient,
        base: PolicySet,
        instance: String,
        logger: Logger,
        metrics: PolicyMetrics = PolicyMetrics()
    ) {
        self.init(
            client: client,
            base: base,
            instance: instance,
            logger: logger,
            metrics: metrics,
            clock: TimeSource()
        )
    }

    init(
        client: KubernetesClient,
        base: PolicySet,
        instance: String,
        logger: Logger,
        metrics: PolicyMetrics,
        clock: TimeSource
    ) {
        self.client = client
        self.base = base
        self.instance = instance
        self.logger = logger
        self.metrics = metrics
        self.clock = clock
        state = Mutex(State(policies: base))
        (wakeUps, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// The policies in force now.
    public var policies: PolicySet { state.withLock { $0.policies } }

    /// Why a Pod could be decided by the wrong policy; nil once the API server has said which there are.
    public var notReadyReason: String? {
        state.withLock { state in
            if state.hasAnswered { return nil }
            let code = state.trouble.map { " [\($0.code.rawValue)]" } ?? ""
            return "the cluster's policies are not known yet\(code)"
        }
    }

    /// Counts a Pod for the policy that decided it, without waiting.
    ///
    /// Each Pod is validated once, whatever was done to it before; those count that were looked at and may be stored.
    public func decided(_ admission: DecidedAdmission) {
        guard admission.stage == .validating, admission.kind == "Pod", !admission.isDryRun,
            admission.decision.skipped == nil, let name = admission.decision.policyName
        else { return }
        state.withLock { state in
            if state.store.entries[name]?.inForce != nil { state.work.countPod(under: name) }
        }
    }

    /// Watches the policies and writes their status, until the server stops.
    public func run() async throws {
        let reflector = Reflector(.wasmPolicies, client: client, logger: logger) { self.receive($0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await reflector.run() }
            group.addTask { try? await cancelWhenGracefulShutdown { try await self.keepFlushing() } }
            group.addTask {
                for await _ in self.wakeUps.cancelOnGracefulShutdown() { await self.writeDueStatuses() }
                self.state.withLock { $0.work.flush() }
                await self.clock.withTimeout(Self.flushLimit) { await self.writeDueStatuses() }
            }
            try await group.waitForAll()
        }
    }

    private func keepFlushing() async throws {
        while true {
            try await clock.sleep(Self.flushInterval)
            if notReadyReason != nil { await askForKind() }
            state.withLock { $0.work.flush() }
            wake.yield()
        }
    }

    /// Finds out whether the cluster has the kind, after an outage that the server has started in.
    ///
    /// The reflector says why the API server does not answer once for an outage, which may have begun otherwise.
    private func askForKind() async {
        do throws(KubernetesAPIError) { _ = try await client.list(.wasmPolicies) } catch { disconnected(error) }
    }
}
