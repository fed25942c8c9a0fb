public import CoreMetrics
import Synchronization

/// A backend of swift-metrics whose contents Prometheus can read, in its text format 0.0.4.
///
/// Handles are cheap to use and dear to make: make them once. Two handles of one name and one set of labels are the
/// same series. A series beyond the limit, and one whose name is taken by a metric of another type, is counted in
/// `polypod_metrics_dropped_series_total` and leads nowhere.
public final class PrometheusRegistry: MetricsFactory {
    private enum Kind: String {
        case counter, gauge, histogram
    }

    private struct Family {
        let kind: Kind
        var series: [String: any Series] = [:]
    }

    private struct State {
        var families: [String: Family] = [:]
        var seriesCount = 0
    }

    private let state = Mutex(State())
    private let dropped = CounterSeries()
    private let maximumSeries: Int
    private let buckets: [Double]
    private let descriptions: [String: String]
    private let collector: @Sendable () -> [Sample]

    /// The buckets of timers where nothing else is asked for, in seconds: 1 ms to 10 s.
    public static let defaultBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    /// Creates a registry.
    ///
    /// - Parameters:
    ///   - maximumSeries: How many series are kept.
    ///   - buckets: The upper bounds of every histogram, ascending; seconds for timers.
    ///   - descriptions: The `HELP` lines, by metric.
    ///   - collector: Asked for further numbers at every exposition, such as ``ProcessSamples/read()``.
    public init(
        maximumSeries: Int = 2000,
        buckets: [Double] = PrometheusRegistry.defaultBuckets,
        descriptions: [String: String] = [:],
        collector: @escaping @Sendable () -> [Sample] = { [] }
    ) {
        self.maximumSeries = maximumSeries
        self.buckets = buckets
        self.descriptions = descriptions
        self.collector = collector
    }

    /// Everything, in the text format, sorted by name and labels.
    public func exposition() -> String {
        var families = state.withLock { $0.families }
        families["polypod_metrics_dropped_series_total"] = Family(kind: .counter, series: ["": dropped])
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            writeHeader(name, kind: family.kind.rawValue, to: &text)
            for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
                series.render(name: name, labels: labels, to: &text)
            }
        }
        for sample in collector() {
            writeHeader(sample.name, kind: sample.isCounter ? "counter" : "gauge", to: &text)
            text += "\(sample.name) \(MetricName.number(sample.value))\n"
        }
        return text
    }

    /// A counter of whole numbers.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions, .counter) { CounterSeries() }
    }

    /// A counter that may rise by fractions.
    public func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(label, dimensions, .counter) { ValueSeries() }
    }

    /// A gauge.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions, .gauge) { ValueSeries() }
    }

    /// A gauge, or a histogram where `aggregate` is set.
    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        guard aggregate else { return series(label, dimensions, .gauge) { ValueSeries() } }
        return series(label, dimensions, .histogram) { HistogramSeries(bounds: self.buckets) }
    }

    /// A histogram in seconds.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, dimensions, .histogram) { HistogramSeries(bounds: self.buckets) }
    }

    /// Does nothing: a series stays until the process ends, as Prometheus expects.
    public func destroyCounter(_ handler: any CounterHandler) {}
    /// Does nothing: a series stays until the process ends, as Prometheus expects.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    /// Does nothing: a series stays until the process ends, as Prometheus expects.
    public func destroyMeter(_ handler: any MeterHandler) {}
    /// Does nothing: a series stays until the process ends, as Prometheus expects.
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    /// Does nothing: a series stays until the process ends, as Prometheus expects.
    public func destroyTimer(_ handler: any TimerHandler) {}

    private func series<Made: Series>(
        _ name: String,
        _ dimensions: [(String, String)],
        _ kind: Kind,
        make: () -> Made
    ) -> Made {
        let name = MetricName.metric(name)
        let labels = MetricName.labels(dimensions)
        let known = state.withLock { state -> Made? in
            var family = state.families[name] ?? Family(kind: kind)
            guard family.kind == kind else { return nil }
            if let series = family.series[labels] { return series as? Made }
            guard state.seriesCount < maximumSeries else { return nil }
            let series = make()
            family.series[labels] = series
            state.families[name] = family
            state.seriesCount += 1
            return series
        }
        if let known { return known }
        dropped.increment(by: 1)
        return make()
    }

    private func writeHeader(_ name: String, kind: String, to text: inout String) {
        if let description = descriptions[name] {
            text += "# HELP \(name) \(description.replacing("\\", with: "\\\\").replacing("\n", with: "\\n"))\n"
        }
        text += "# TYPE \(name) \(kind)\n"
    }
}

/// One number of an exposition that nobody counts, but that can be looked up.
public struct Sample: Sendable, Equatable {
    /// The metric's name, valid as it is.
    public let name: String
    /// The number.
    public let value: Double
    /// Whether it only ever rises.
    public let isCounter: Bool

    /// Creates a sample.
    public init(_ name: String, _ value: Double, isCounter: Bool = false) {
        self.name = name
        self.value = value
        self.isCounter = isCounter
    }
}
