import Synchronization

/// What a client may cost.
public struct ServerLimits: Sendable {
    /// The longest body, in bytes; the API server sends the object and the old object, each at most 3 MiB.
    public var bodyBytes = 7 << 20
    /// What the bodies of all requests at once may hold, in bytes; taken apart, a body needs some eight times its size.
    public var bufferedBytes = 16 << 20
    /// From the connection's start to the end of the first request's header, the TLS handshake included.
    public var headTimeout = Duration.seconds(10)
    /// From the end of a request's header to the end of its body.
    public var bodyTimeout = Duration.seconds(10)
    /// From a response to the end of the next request's header.
    ///
    /// Longer than the 90 s after which the API server closes an idle connection, lest a request meet a closing one.
    public var keepAliveTimeout = Duration.seconds(120)
    /// How long a closing connection is read on, so that the client sees the response and no reset.
    public var lingerTimeout = Duration.seconds(1)
    /// The connections that are served.
    public var connections = 512
    /// The connections beyond those that are told 503; further ones wait in the kernel's queue.
    public var surplusConnections = 64
    /// The admissions that are decided at once.
    public var admissions = 512
    /// The longest header, all fields together, in bytes.
    public var headerBytes = 16 << 10
    /// The most fields of a header.
    public var headerFields = 64

    /// Creates the limits of a server in a cluster.
    public init() {}
}

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
