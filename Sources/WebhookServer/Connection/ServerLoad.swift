import Synchronization

/// What the server holds at the moment, shared by its connections, and whether it is draining.
final class ServerLoad: Sendable {
    private let connections = Atomic<Int>(0)
    private let bufferedBytes = Atomic<Int>(0)
    private let admissions = Atomic<Int>(0)
    private let draining = Atomic<Bool>(false)
    private let limits: ServerLimits

    init(limits: ServerLimits) {
        self.limits = limits
    }

    /// How many connections there are.
    var connectionCount: Int { connections.load(ordering: .relaxed) }

    /// Whether responses end their connections: while the server drains, and while half of the connections are taken,
    /// so that clients who keep theirs idle leave room for those who have something to ask.
    var endsConnections: Bool {
        draining.load(ordering: .acquiring) || connectionCount > limits.connections / 2
    }

    /// Lets every response from now on end its connection.
    func startDraining() { draining.store(true, ordering: .releasing) }

    /// Counts a connection; false where it is one too many.
    func openConnection() -> Bool { Self.take(1, of: connections) <= limits.connections }

    /// Counts a connection's end.
    func closeConnection() { connections.subtract(1, ordering: .relaxed) }

    /// Reserves room for a part of a body; false, with nothing reserved, where there is none.
    func reserve(bytes: Int) -> Bool {
        if Self.take(bytes, of: bufferedBytes) <= limits.bufferedBytes { return true }
        release(bytes: bytes)
        return false
    }

    /// Gives room back.
    func release(bytes: Int) { bufferedBytes.subtract(bytes, ordering: .relaxed) }

    /// Begins an admission; false, with nothing begun, where there are too many.
    func beginAdmission() -> Bool {
        if Self.take(1, of: admissions) <= limits.admissions { return true }
        endAdmission()
        return false
    }

    /// Ends an admission.
    func endAdmission() { admissions.subtract(1, ordering: .relaxed) }

    private static func take(_ amount: Int, of counter: borrowing Atomic<Int>) -> Int {
        counter.add(amount, ordering: .relaxed).newValue
    }
}
