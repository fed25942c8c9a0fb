import CoreMetrics
import Synchronization

/// The values of one metric name with one set of labels.
protocol Series: AnyObject, Sendable {
    /// Appends the lines of this series in the text format.
    ///
    /// - Parameters:
    ///   - name: The metric's name.
    ///   - labels: The labels in the text format, without braces.
    ///   - text: Receives the lines.
    func render(name: String, labels: String, to text: inout String)
}

extension Series {
    /// Appends one line: name, labels and value.
    static func line(_ name: String, _ labels: String, _ value: String, to text: inout String) {
        text += name
        if !labels.isEmpty { text += "{\(labels)}" }
        text += " \(value)\n"
    }
}

/// A counter of whole numbers.
final class CounterSeries: Series, CounterHandler {
    private let value = Atomic<Int64>(0)

    func increment(by amount: Int64) {
        // After an overflow the value is lower than before, which Prometheus handles as a restart.
        value.wrappingAdd(amount, ordering: .relaxed)
    }

    func reset() { value.store(0, ordering: .relaxed) }

    func render(name: String, labels: String, to text: inout String) {
        Self.line(name, labels, String(value.load(ordering: .relaxed)), to: &text)
    }
}

/// One floating-point number: gauges, meters and floating-point counters.
final class ValueSeries: Series, FloatingPointCounterHandler, MeterHandler, RecorderHandler {
    private let bits = Atomic<UInt64>(0)

    /// The current value.
    var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }
    func decrement(by amount: Double) { increment(by: -amount) }
    func reset() { set(0.0) }

    func increment(by amount: Double) {
        var old = bits.load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: old) + amount).bitPattern
            let (exchanged, original) = bits.weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
            if exchanged { return }
            old = original
        }
    }

    func render(name: String, labels: String, to text: inout String) {
        Self.line(name, labels, TextFormat.number(value), to: &text)
    }
}

/// A distribution in fixed buckets: timers, in seconds, and recorders that aggregate.
final class HistogramSeries: Series, TimerHandler, RecorderHandler {
    private struct Storage {
        var counts: [UInt64]
        var sum = 0.0
    }

    private let bounds: [Double]
    private let storage: Mutex<Storage>

    /// Creates an empty histogram with the upper bounds of its buckets, ascending and without infinity.
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
            let bound = index < bounds.count ? TextFormat.number(bounds[index]) : "+Inf"
            Self.line(name + "_bucket", "\(prefix)le=\"\(bound)\"", String(total), to: &text)
        }
        Self.line(name + "_sum", labels, TextFormat.number(sum), to: &text)
        Self.line(name + "_count", labels, String(total), to: &text)
    }
}
