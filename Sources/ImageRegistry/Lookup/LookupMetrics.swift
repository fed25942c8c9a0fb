import Metrics
import PodAdmission

/// Counts answers by how they came about.
struct LookupMetrics: Sendable {
    private static func counter(_ result: String) -> Counter {
        Counter(label: "polypod_image_lookups_total", dimensions: [("result", result)])
    }

    private let hit = Self.counter("hit")
    private let miss = Self.counter("miss")
    private let stale = Self.counter("stale")
    private let negative = Self.counter("negative")
    private let unresolved = Self.counter("unresolved")

    func record(_ report: ImageReport) {
        switch (report.answer, report.isCached) {
        case (.resolved(_, .some), _): stale.increment()
        case (.resolved, true): hit.increment()
        case (.resolved, false): miss.increment()
        case (.unresolved, true): negative.increment()
        case (.unresolved, false): unresolved.increment()
        }
    }
}
