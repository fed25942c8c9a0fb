import Basics
public import KubernetesAPI
public import Logging
public import Metrics
public import PodAdmission
public import ServiceLifecycle
import Synchronization

/// Watches the cluster's WasmPolicies, keeps those in force, and reports the state of each in its status.
///
/// Every decision reads ``policies``, so a change of the cluster applies to the next decision.
public final class PolicyController: Service, Sendable {
    private struct State {
        var store = PolicyStore()
        var policies: PolicySet
        /// Whether the API server has listed the objects, or has said that it does not have the kind.
        var isKnown = false
        /// The last error of the watch.
        var lastError: KubernetesAPIError?
    }

    private let client: KubernetesClient
    private let base: PolicySet
    private let logger: Logger
    private let metrics: PolicyMetrics
    private let clock: TimeSource
    private let statuses: PolicyStatusWriter
    private let state: Mutex<State>

    /// How often the counts of Pods are written.
    static let flushInterval = Duration.seconds(30)

    /// Creates a controller, which sends no request before ``run()``.
    ///
    /// - Parameters:
    ///   - client: Lists, watches and gets policies, replaces their status, and creates Events.
    ///   - base: The server's own policies; one of the cluster replaces the one of the same name.
    ///   - instance: The replica's name, the `reportingInstance` of its Events.
    ///   - logger: Logs each version of a policy.
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
        self.logger = logger
        self.metrics = metrics
        self.clock = clock
        statuses = PolicyStatusWriter(client: client, instance: instance, logger: logger, clock: clock)
        state = Mutex(State(policies: base))
    }

    /// The policies in force now.
    public var policies: PolicySet { state.withLock { $0.policies } }

    /// Why the replica is not ready; nil once the API server has said which policies there are.
    public var notReadyReason: String? {
        state.withLock { state in
            if state.isKnown { return nil }
            let code = state.lastError.map { " [\($0.code.rawValue)]" } ?? ""
            return "the cluster's policies are not known yet\(code)"
        }
    }

    /// Counts a Pod for the policy that decided it; does not wait.
    ///
    /// Only the validating webhook counts, since it sees each Pod once; a Pod that was skipped does not count, nor one
    /// of a dry run.
    public func record(_ admission: DecidedAdmission) {
        guard admission.stage == .validating, admission.kind == "Pod", !admission.isDryRun,
            admission.decision.skipped == nil, let name = admission.decision.policyName,
            entry(name)?.inForce != nil
        else { return }
        statuses.countPod(under: name)
    }

    private func entry(_ name: String) -> PolicyStore.Entry? { state.withLock { $0.store.entries[name] } }

    /// Watches the policies and writes their status until graceful shutdown.
    ///
    /// - Throws: The errors of ``Reflector/run()``, which has none today.
    public func run() async throws {
        let reflector = Reflector(.wasmPolicies, client: client, logger: logger) { self.receive($0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await reflector.run() }
            group.addTask { try? await cancelWhenGracefulShutdown { try await self.flushRegularly() } }
            group.addTask { await self.statuses.run { self.entry($0) } }
            try await group.waitForAll()
        }
    }

    private func flushRegularly() async throws {
        while true {
            try await clock.sleep(Self.flushInterval)
            if notReadyReason != nil { await checkKind() }
            statuses.flush()
        }
    }

    /// Asks whether the cluster has the kind, if the server has started during an outage.
    ///
    /// The reflector reports only the first error of an outage, which may have another cause than a missing kind.
    private func checkKind() async {
        do throws(KubernetesAPIError) { _ = try await client.list(.wasmPolicies) } catch { disconnected(error) }
    }

    private func receive(_ event: Reflector.Event) {
        switch event {
        case .replaced(let objects): update { $0.replace(with: objects) }
        case .changed(let object): update { $0.update(object) }
        case .removed(let object): update { $0.remove(object) }
        case .connected: break
        case .disconnected(let error): disconnected(error)
        }
    }

    private func update(_ body: (inout PolicyStore) -> [String: PolicyStore.Change]) {
        let (changes, entries, counts) = state.withLock { state in
            let changes = body(&state.store)
            if !changes.isEmpty { state.policies = state.store.policies(over: base) }
            state.isKnown = true
            return (changes, state.store.entries, state.store.counts)
        }
        metrics.record(changes.values, counts: counts)
        for (name, change) in changes.sorted(by: { $0.key < $1.key }) { log(change, name, entries[name]) }
        statuses.add(changes)
    }

    /// Known policies stay in force while the API server does not answer.
    ///
    /// They stay too if it says that it does not have the kind: before a CustomResourceDefinition is removed, its
    /// objects are deleted one by one, and the watch reports each (apiextensions-apiserver,
    /// pkg/controller/finalizer/crd_finalizer.go).
    private func disconnected(_ error: KubernetesAPIError) {
        let isMissing = error.code == .notFound
        let isFirst = state.withLock { state in
            let isFirst = !state.isKnown
            if isMissing { state.isKnown = true } else { state.lastError = error }
            return isFirst
        }
        if isMissing, isFirst {
            logger.notice("the cluster does not have the kind WasmPolicy: only the server's own policies apply")
        }
    }

    private func log(_ change: PolicyStore.Change, _ name: String, _ entry: PolicyStore.Entry?) {
        var metadata: Logger.Metadata = ["policy": "\(name)"]
        if let entry { metadata["generation"] = "\(entry.identity.generation)" }
        switch change {
        case .accepted: logger.notice("a policy is in force", metadata: metadata)
        case .removed: logger.notice("a policy was removed", metadata: metadata)
        case .rejected:
            metadata["problem"] = "\(entry?.problem ?? "")"
            metadata["generation_in_force"] = "\(entry?.inForce.map { String($0.generation) } ?? "none")"
            logger.warning("a policy does not validate", metadata: metadata)
        }
    }
}

/// The metrics of the ``PolicyController``.
public struct PolicyMetrics: Sendable {
    private let valid: Gauge
    private let invalid: Gauge
    private let reloads: [PolicyStore.Change: Counter]

    /// Registers the metrics with `factory`, by default the process's own.
    public init(factory: any MetricsFactory = MetricsSystem.factory) {
        func gauge(_ state: String) -> Gauge {
            Gauge(label: "polypod_policies", dimensions: [("state", state)], factory: factory)
        }
        func counter(_ result: String) -> Counter {
            Counter(label: "polypod_policy_reloads_total", dimensions: [("result", result)], factory: factory)
        }
        valid = gauge("valid")
        invalid = gauge("invalid")
        reloads = [
            .accepted: counter("accepted"), .rejected: counter("rejected"), .removed: counter("removed"),
        ]
    }

    func record(_ changes: some Sequence<PolicyStore.Change>, counts: (valid: Int, invalid: Int)) {
        for change in changes { reloads[change]?.increment() }
        valid.record(counts.valid)
        invalid.record(counts.invalid)
    }

    /// The `HELP` text of each metric, by the metric's name.
    public static let descriptions = [
        "polypod_policies": "WasmPolicies in the cluster, by whether their newest version validates.",
        "polypod_policy_reloads_total": "Versions of WasmPolicies that were read, by result.",
    ]
}
