public import CoreMetrics
import Synchronization

/// A backend of swift-metrics that keeps all series in memory and writes them in Prometheus' text format 0.0.4.
///
/// Using a handle is cheap; creating one takes a lock and a look-up, so create it once and keep it. Two handles with the
/// same name and labels write to the same series. A series above the limit, and a series whose name already belongs to a
/// metric of another type, is not exported; `polypod_metrics_dropped_series_total` counts these.
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

    /// The default upper bounds of histogram buckets, in seconds: 1 ms to 10 s.
    public static let defaultBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    /// Creates an empty registry.
    ///
    /// - Parameters:
    ///   - maximumSeries: The limit on series, which bounds the memory.
    ///   - buckets: The upper bounds of every histogram, ascending and without infinity; in seconds for timers.
    ///   - descriptions: The text of the `HELP` line, by metric name.
    ///   - collector: Returns further metrics; called for every exposition, such as ``ProcessSamples/read()``.
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

    /// All metrics in the text format: the series sorted by name and labels, then the samples of the collector.
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
            text += "\(sample.name) \(TextFormat.number(sample.value))\n"
        }
        return text
    }

    /// Returns the counter of whole numbers with this name and these labels.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions, .counter) { CounterSeries() }
    }

    /// Returns the counter with this name and these labels, which can rise by fractions.
    public func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(label, dimensions, .counter) { ValueSeries() }
    }

    /// Returns the gauge with this name and these labels.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions, .gauge) { ValueSeries() }
    }

    /// Returns a histogram if `aggregate` is set, otherwise a gauge.
    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        guard aggregate else { return series(label, dimensions, .gauge) { ValueSeries() } }
        return series(label, dimensions, .histogram) { HistogramSeries(bounds: self.buckets) }
    }

    /// Returns the histogram with this name and these labels, in seconds.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, dimensions, .histogram) { HistogramSeries(bounds: self.buckets) }
    }

    /// Does nothing: a series stays until the process ends.
    public func destroyCounter(_ handler: any CounterHandler) {}
    /// Does nothing: a series stays until the process ends.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    /// Does nothing: a series stays until the process ends.
    public func destroyMeter(_ handler: any MeterHandler) {}
    /// Does nothing: a series stays until the process ends.
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    /// Does nothing: a series stays until the process ends.
    public func destroyTimer(_ handler: any TimerHandler) {}

    /// The series of this name and these labels, created by `make` if it does not exist.
    ///
    /// A series that is dropped gets a handle as well, whose values are not exported.
    private func series<Made: Series>(
        _ name: String,
        _ dimensions: [(String, String)],
        _ kind: Kind,
        make: () -> Made
    ) -> Made {
        let name = TextFormat.metricName(name)
        let labels = TextFormat.labels(dimensions)
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
