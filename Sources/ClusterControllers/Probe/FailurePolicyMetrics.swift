public import Metrics

/// The metrics of the failure policy.
public struct FailurePolicyMetrics: Sendable {
    private let isFail: Gauge
    private let changes: [FailurePolicy: Counter]

    /// Creates the metrics.
    ///
    /// - Parameter factory: Who keeps them; the process's own where it is left out.
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

    /// What the configuration says; nil on a replica that does not look.
    func record(_ policy: FailurePolicy?) { isFail.record(policy == .fail ? 1 : 0) }

    func recordChange(to policy: FailurePolicy) { changes[policy]?.increment() }

    /// What each metric is, for the `HELP` lines of an exposition.
    public static let descriptions: [String: String] = [
        "polypod_failure_policy_fail": "Whether the validating webhook's failurePolicy is Fail; 1 on the leader alone.",
        "polypod_failure_policy_changes_total": "Changes of the validating webhook's failurePolicy.",
    ]
}
