public import Metrics

/// The metrics of the warming.
public struct WarmingMetrics: Sendable {
    /// What became of an image: a bounded set, fit for a metric's label.
    enum Result: String, CaseIterable {
        /// Its registry has said what it is.
        case resolved
        /// It has not.
        case unresolved
        /// It was not asked, since too many waited.
        case dropped
    }

    private let results: [Result: Counter]

    /// Creates the metrics.
    ///
    /// - Parameter factory: Who keeps them; the process's own where it is left out.
    public init(factory: any MetricsFactory = MetricsSystem.factory) {
        let label = "polypod_cache_warming_images_total"
        results = Dictionary(
            uniqueKeysWithValues: Result.allCases.map { result in
                (result, Counter(label: label, dimensions: [("result", result.rawValue)], factory: factory))
            }
        )
    }

    func record(_ result: Result, by count: Int = 1) { results[result]?.increment(by: count) }

    /// What each metric is, for the `HELP` lines of an exposition.
    public static let descriptions: [String: String] = [
        "polypod_cache_warming_images_total": "Images of workloads looked up ahead of their Pods, by result."
    ]
}
