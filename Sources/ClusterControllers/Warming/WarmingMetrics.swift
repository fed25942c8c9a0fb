public import Metrics

/// The metrics of the cache warming.
public struct WarmingMetrics: Sendable {
    /// The result for an image: a bounded set, so that it can be a metric's label.
    enum Result: String, CaseIterable {
        /// The registry described the image.
        case resolved
        /// The image is not known after the look-up.
        case unresolved
        /// The image was not looked up, because too many others were waiting.
        case dropped
    }

    private let results: [Result: Counter]

    /// Creates the handles in `factory`, by default the factory of the process.
    public init(factory: any MetricsFactory = MetricsSystem.factory) {
        let label = "polypod_cache_warming_images_total"
        results = Dictionary(
            uniqueKeysWithValues: Result.allCases.map { result in
                (result, Counter(label: label, dimensions: [("result", result.rawValue)], factory: factory))
            }
        )
    }

    /// Counts `count` images with this result.
    func record(_ result: Result, by count: Int = 1) { results[result]?.increment(by: count) }

    /// The `HELP` texts of the metrics, by name.
    public static let descriptions: [String: String] = [
        "polypod_cache_warming_images_total": "Images of workloads to look up before their Pods are created, by result."
    ]
}
