import Metrics
import Synchronization

/// A backend for metrics that a test can look into.
final class CountingMetrics: MetricsFactory, Sendable {
    private final class Series: CounterHandler, RecorderHandler, TimerHandler, Sendable {
        let value = Mutex(0.0)

        func increment(by amount: Int64) { value.withLock { $0 += Double(amount) } }
        func reset() { value.withLock { $0 = 0 } }
        func record(_ number: Int64) { value.withLock { $0 = Double(number) } }
        func record(_ number: Double) { value.withLock { $0 = number } }
        func recordNanoseconds(_ duration: Int64) {}
    }

    private let series = Mutex<[String: Series]>([:])

    /// The value of a series, such as `name{label}`.
    subscript(name: String) -> Double { series.withLock { $0[name] }?.value.withLock { $0 } ?? 0 }

    private func series(_ label: String, _ dimensions: [(String, String)]) -> Series {
        let name = label + dimensions.map { "{\($0.1)}" }.joined()
        return series.withLock { all in
            let series = all[name] ?? Series()
            all[name] = series
            return series
        }
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions)
    }
    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        series(label, dimensions)
    }
    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { series(label, dimensions) }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}
