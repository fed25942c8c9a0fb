public import Metrics

/// The metrics of the self-proof.
public struct ProbeMetrics: Sendable {
    private let isProven: Gauge
    private let outcomes: [ProbeOutcome: Counter]

    /// Creates the metrics.
    ///
    /// - Parameter factory: Who keeps them; the process's own where it is left out.
    public init(factory: any MetricsFactory = MetricsSystem.factory) {
        isProven = Gauge(label: "polypod_self_proof_ok", dimensions: [], factory: factory)
        outcomes = Dictionary(
            uniqueKeysWithValues: ProbeOutcome.all.map { outcome in
                let dimensions = [("outcome", outcome.label)]
                return (outcome, Counter(label: "polypod_self_proof_total", dimensions: dimensions, factory: factory))
            }
        )
    }

    func record(_ outcome: ProbeOutcome) {
        isProven.record(outcome == .proven ? 1 : 0)
        outcomes[outcome]?.increment()
    }

    /// What each metric is, for the `HELP` lines of an exposition.
    public static let descriptions: [String: String] = [
        "polypod_self_proof_ok": "Whether the last dry run through the API server proved both webhooks, 1 or 0.",
        "polypod_self_proof_total": "Dry runs through the API server by what they showed.",
    ]
}
