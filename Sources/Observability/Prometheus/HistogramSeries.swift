import CoreMetrics
import Synchronization

/// A distribution in fixed buckets: timers in seconds, and recorders that aggregate.
final class HistogramSeries: Series, TimerHandler, RecorderHandler {
    private struct Storage {
        var counts: [UInt64]
        var sum = 0.0
    }

    private let bounds: [Double]
    private let storage: Mutex<Storage>

    /// - Parameter bounds: The buckets' upper bounds, ascending, without the infinite one.
    init(bounds: [Double]) {
        self.bounds = bounds
        storage = Mutex(Storage(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        storage.withLock { storage in
            storage.counts[bucket] += 1
            storage.sum += value
        }
    }

    func render(name: String, labels: String, to text: inout String) {
        let (counts, sum) = storage.withLock { ($0.counts, $0.sum) }
        let prefix = labels.isEmpty ? "" : labels + ","
        var total: UInt64 = 0
        for (index, count) in counts.enumerated() {
            total += count
            let bound = index < bounds.count ? MetricName.number(bounds[index]) : "+Inf"
            Self.line(name + "_bucket", "\(prefix)le=\"\(bound)\"", String(total), to: &text)
        }
        Self.line(name + "_sum", labels, MetricName.number(sum), to: &text)
        Self.line(name + "_count", labels, String(total), to: &text)
    }
}
