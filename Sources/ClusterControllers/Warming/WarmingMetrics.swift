public import Metrics
import PodAdmission

/// The metrics of the warming.
public struct WarmingMetrics: Sendable {
    private let resolved: Counter
    private let unresolved: Counter

    /// Creates the metrics.
    ///
    /// - Parameter factory: Who keeps them; the process's own where it is left out.
    public init(factory: any MetricsFactory = MetricsSystem.factory) {
        func counter(_ result: String) -> Counter {
            let dimensions = [("result", result)]
            return Counter(label: "polypod_cache_warming_images_total", dimensions: dimensions, factory: factory)
        }
        resolved = counter("resolved")
        unresolved = counter("unresolved")
    }

    func record(isResolved: Bool) { (isResolved ? resolved : unresolved).increment() }

    /// What each metric is, for the `HELP` lines of an exposition.
    public static let descriptions: [String: String] = [
        "polypod_cache_warming_images_total": "Images of workloads looked up after the start, by result."
    ]
}
