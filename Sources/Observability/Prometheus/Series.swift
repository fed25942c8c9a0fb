import CoreMetrics
import Synchronization

/// One series of an exposition: a name with a set of labels, and what it holds.
protocol Series: AnyObject, Sendable {
    /// Appends the lines of this series.
    ///
    /// - Parameters:
    ///   - name: The metric's name.
    ///   - labels: The labels, rendered, without braces.
    func render(name: String, labels: String, to text: inout String)
}

extension Series {
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
        // A counter that overflowed would look like a restart; wrapping is what Prometheus expects of that.
        value.wrappingAdd(amount, ordering: .relaxed)
    }

    func reset() { value.store(0, ordering: .relaxed) }

    func render(name: String, labels: String, to text: inout String) {
        Self.line(name, labels, String(value.load(ordering: .relaxed)), to: &text)
    }
}

/// A number that goes up and down, or up in fractions: gauges, meters and floating-point counters.
final class ValueSeries: Series, FloatingPointCounterHandler, MeterHandler, RecorderHandler {
    private let bits = Atomic<UInt64>(0)

    /// The value.
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
        Self.line(name, labels, MetricName.number(value), to: &text)
    }
}
