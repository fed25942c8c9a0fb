import Metrics
import NIOCore
import Synchronization

/// The connections, bytes and admissions that a server has at the moment, and whether it drains.
final class ServerLoad: Sendable {
    private let table: Mutex<ConnectionTable>
    private let admissions = Atomic<Int>(0)
    private let draining = Atomic<Bool>(false)
    private let limits: ServerLimits
    private let gauge: Gauge?
    private let evictions: Counter?

    /// Creates the state of a server without connections.
    ///
    /// - Parameters:
    ///   - limits: The limits of the server.
    ///   - gauge: Shows the number of connections.
    ///   - evictions: Counts the connections that had to make room.
    init(limits: ServerLimits, gauge: Gauge? = nil, evictions: Counter? = nil) {
        self.limits = limits
        self.gauge = gauge
        self.evictions = evictions
        table = Mutex(ConnectionTable(limits: limits))
    }

    /// The number of open connections.
    var connectionCount: Int { table.withLock { $0.count } }

    /// Whether a response ends its connection, because the server drains.
    var endsConnections: Bool { draining.load(ordering: .acquiring) }

    /// Makes every response end its connection from now on.
    func startDraining() { draining.store(true, ordering: .releasing) }

    /// Counts a new connection, for which another one may have to make room.
    ///
    /// - Parameter evict: Ends the connection; it is called on any thread, at most once.
    /// - Returns: Its identity, and whether its requests can be served; it counts in any case.
    func openConnection(evict: @escaping @Sendable () -> Void) -> (id: ConnectionTable.ID, isServed: Bool) {
        let (id, room, count) = table.withLock { table in
            let (id, room) = table.open(now: .now(), evict: evict)
            return (id, room, table.count)
        }
        gauge?.record(count)
        return (id, finish(room))
    }

    /// Records a step of a connection.
    func step(_ id: ConnectionTable.ID, to phase: ConnectionTable.Phase) {
        table.withLock { $0.step(id, to: phase, now: .now()) }
    }

    /// Records the end of a response.
    ///
    /// - Parameters:
    ///   - id: The connection.
    ///   - wasReview: Whether the request was a valid review.
    func responded(_ id: ConnectionTable.ID, wasReview: Bool) {
        table.withLock { table in
            table.releaseBody(id)
            table.step(id, to: .waiting, now: .now())
            if wasReview { table.broughtReview(id) }
        }
    }

    /// Counts the end of a connection.
    func closeConnection(_ id: ConnectionTable.ID) {
        let count = table.withLock { table in
            table.close(id)
            return table.count
        }
        gauge?.record(count)
    }

    /// Reserves memory for a part of a body, for which another connection may have to make room.
    ///
    /// - Returns: Whether the memory is reserved.
    func reserve(bytes: Int, for id: ConnectionTable.ID) -> Bool {
        finish(table.withLock { $0.reserve(bytes, for: id) })
    }

    /// Gives the memory of a connection's body back.
    func releaseBody(_ id: ConnectionTable.ID) { table.withLock { $0.releaseBody(id) } }

    /// Counts the start of an admission; false, with nothing counted, if the limit would be exceeded.
    func beginAdmission() -> Bool {
        if admissions.add(1, ordering: .relaxed).newValue <= limits.admissions { return true }
        endAdmission()
        return false
    }

    /// Counts the end of an admission.
    func endAdmission() { admissions.subtract(1, ordering: .relaxed) }

    private func finish(_ room: ConnectionTable.Room) -> Bool {
        for evict in room.evictions {
            evictions?.increment()
            evict()
        }
        return room.isGranted
    }
}
