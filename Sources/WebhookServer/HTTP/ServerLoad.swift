import Metrics
import Synchronization

/// The connections, bytes and admissions that a server has at the moment, and whether it drains.
final class ServerLoad: Sendable {
    private let connections = Atomic<Int>(0)
    private let bufferedBytes = Atomic<Int>(0)
    private let admissions = Atomic<Int>(0)
    private let draining = Atomic<Bool>(false)
    private let limits: ServerLimits
    private let gauge: Gauge?

    /// Creates the state of a server without connections, whose number `gauge` shows.
    init(limits: ServerLimits, gauge: Gauge? = nil) {
        self.limits = limits
        self.gauge = gauge
    }

    /// The number of open connections.
    var connectionCount: Int { connections.load(ordering: .relaxed) }

    /// Whether a response ends its connection: while the server drains, and while more than half of the limit on
    /// connections is in use, so that idle connections leave room for clients with requests.
    var endsConnections: Bool {
        draining.load(ordering: .acquiring) || connectionCount > limits.connections / 2
    }

    /// Makes every response end its connection from now on.
    func startDraining() { draining.store(true, ordering: .releasing) }

    /// Counts a new connection; false if it exceeds the limit, but it counts nevertheless.
    func openConnection() -> Bool {
        let count = Self.take(1, of: connections)
        gauge?.record(count)
        return count <= limits.connections
    }

    /// Counts the end of a connection.
    func closeConnection() {
        let count = connections.subtract(1, ordering: .relaxed).newValue
        gauge?.record(count)
    }

    /// Reserves memory for a part of a body; false, with nothing reserved, if the limit would be exceeded.
    func reserve(bytes: Int) -> Bool {
        if Self.take(bytes, of: bufferedBytes) <= limits.bufferedBytes { return true }
        release(bytes: bytes)
        return false
    }

    /// Gives reserved memory back.
    func release(bytes: Int) { bufferedBytes.subtract(bytes, ordering: .relaxed) }

    /// Counts the start of an admission; false, with nothing counted, if the limit would be exceeded.
    func beginAdmission() -> Bool {
        if Self.take(1, of: admissions) <= limits.admissions { return true }
        endAdmission()
        return false
    }

    /// Counts the end of an admission.
    func endAdmission() { admissions.subtract(1, ordering: .relaxed) }

    private static func take(_ amount: Int, of counter: borrowing Atomic<Int>) -> Int {
        counter.add(amount, ordering: .relaxed).newValue
    }
}
