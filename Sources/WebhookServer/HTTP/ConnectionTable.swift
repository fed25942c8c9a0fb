import NIOCore

/// The open connections, and which of them has to make room for another one.
///
/// Connections and memory for bodies are limited. If one of them is used up, the connection that has been silent longest
/// goes first, and one that has brought a review goes after all that have not. A client that opens many connections, or
/// stops in the middle of many bodies, then displaces its own connections, and the API server's request is served.
/// There is no share for each address, because the API server can be the only peer.
struct ConnectionTable {
    /// The identity of a connection.
    struct ID: Hashable {
        fileprivate let number: UInt64
    }

    /// What a connection does.
    enum Phase {
        /// It has sent no complete header, or has its response.
        case waiting
        /// Its header has arrived, the body not completely.
        case reading
        /// The server works on its response; it cannot be evicted.
        case responding
    }

    private struct Connection {
        /// The time of the last step: opening, TLS handshake, header, or the end of a response.
        var since: NIODeadline
        var phase = Phase.waiting
        var hasBroughtReview = false
        /// The reserved bytes of its body.
        var bytes = 0
        let evict: @Sendable () -> Void
    }

    private var connections: [ID: Connection] = [:]
    private var next: UInt64 = 0
    private var bytes = 0
    private let limits: ServerLimits

    /// Creates a table without connections.
    init(limits: ServerLimits) {
        self.limits = limits
    }

    /// The number of connections.
    var count: Int { connections.count }

    /// The result of asking for room.
    struct Room {
        /// Whether there is room.
        var isGranted: Bool
        /// Ends the connections that had to make room; to be called without a lock.
        var evictions: [@Sendable () -> Void] = []
    }

    /// Adds a connection; it counts even if there is no room for it.
    ///
    /// - Parameters:
    ///   - now: The time.
    ///   - evict: Ends the connection.
    /// - Returns: Its identity, and whether its requests can be served.
    mutating func open(now: NIODeadline, evict: @escaping @Sendable () -> Void) -> (id: ID, room: Room) {
        var room = Room(isGranted: true)
        if count >= limits.connections {
            room.isGranted = false
            if let id = candidate(where: { _ in true }), let evicted = remove(id) {
                room = Room(isGranted: true, evictions: [evicted])
            }
        }
        let id = ID(number: next)
        next += 1
        connections[id] = Connection(since: now, evict: evict)
        return (id, room)
    }

    /// Records a step of a connection.
    mutating func step(_ id: ID, to phase: Phase, now: NIODeadline) {
        connections[id]?.phase = phase
        connections[id]?.since = now
    }

    /// Records that a connection has brought a valid review.
    mutating func broughtReview(_ id: ID) { connections[id]?.hasBroughtReview = true }

    /// Reserves memory for a part of a body.
    ///
    /// - Parameters:
    ///   - more: The number of bytes.
    ///   - id: The connection.
    /// - Returns: Whether there is room; without room, nothing is reserved, and nothing is evicted.
    mutating func reserve(_ more: Int, for id: ID) -> Room {
        var room = Room(isGranted: true)
        while bytes + more > limits.bufferedBytes {
            guard let other = candidate(where: { $0.phase == .reading && $0.bytes > 0 }, besides: id),
                isSilentLonger(other, than: id), let evicted = remove(other)
            else {
                room.isGranted = false
                return room
            }
            room.evictions.append(evicted)
        }
        guard connections[id] != nil else { return Room(isGranted: false, evictions: room.evictions) }
        connections[id]?.bytes += more
        bytes += more
        return room
    }

    /// Gives back the memory of a connection's body.
    mutating func releaseBody(_ id: ID) {
        bytes -= connections[id]?.bytes ?? 0
        connections[id]?.bytes = 0
    }

    /// Removes a connection that has ended.
    mutating func close(_ id: ID) { _ = remove(id) }

    private mutating func remove(_ id: ID) -> (@Sendable () -> Void)? {
        releaseBody(id)
        return connections.removeValue(forKey: id)?.evict
    }

    /// The connection to evict: of those without a review, otherwise of all, the one that has been silent longest.
    private func candidate(where isPossible: (Connection) -> Bool, besides own: ID? = nil) -> ID? {
        let possible = connections.filter { $0.key != own && $0.value.phase != .responding && isPossible($0.value) }
        return possible.min { Self.goesFirst($0.value, $1.value) }?.key
    }

    private func isSilentLonger(_ other: ID, than id: ID) -> Bool {
        guard let other = connections[other], let own = connections[id] else { return false }
        return Self.goesFirst(other, own)
    }

    private static func goesFirst(_ left: Connection, _ right: Connection) -> Bool {
        left.hasBroughtReview != right.hasBroughtReview ? right.hasBroughtReview : left.since < right.since
    }
}
