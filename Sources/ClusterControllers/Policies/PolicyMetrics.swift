public import Metrics

/// The metrics of a cluster's policies.
public struct PolicyMetrics: Sendable {
    private let valid: Gauge
    private let invalid: Gauge
    private let reloads: [PolicyStore.Change: Counter]

    /// Creates the metrics.
    ///
    /// - Parameter factory: Who keeps them; the process's own where it is left out.
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

    /// What each metric is, for the `HELP` lines of an exposition.
    public static let descriptions = [
        "polypod_policies": "WasmPolicies in the cluster, by whether their newest version validates.",
        "polypod_policy_reloads_total": "Versions of WasmPolicies that were read, by what became of them.",
    ]
}
