public import Metrics

/// The metrics of the Events that are written.
public struct EventMetrics: Sendable {
    /// What became of an Event: a bounded set, fit for a metric's label.
    enum Result: String, CaseIterable {
        /// A new one was made.
        case created
        /// It was counted on one that was there.
        case counted
        /// There were too many for its object.
        case limited
        /// The queue was full, or the server stopped before its turn.
        case dropped
        /// The API server did not take it.
        case failed
    }

    private let results: [Result: Counter]

    /// Creates the metrics.
    ///
    /// - Parameter factory: Who keeps them; the process's own where it is left out.
    public init(factory: any MetricsFactory = MetricsSystem.factory) {
        results = Dictionary(
            uniqueKeysWithValues: Result.allCases.map { result in
                let dimensions = [("result", result.rawValue)]
                return (result, Counter(label: "polypod_events_total", dimensions: dimensions, factory: factory))
            }
        )
    }

    func count(_ result: Result) { results[result]?.increment() }

    /// What each metric is, for the `HELP` lines of an exposition.
    public static let descriptions = [
        "polypod_events_total": "Events on the owners of Pods, by what became of them."
    ]
}
