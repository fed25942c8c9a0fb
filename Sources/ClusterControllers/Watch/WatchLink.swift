/// Whether what a watch told is still so.
enum WatchLink: Sendable, Equatable {
    /// Nothing was told yet.
    case waiting
    /// The watch tells every change.
    case connected
    /// The watch tells nothing since a moment.
    case lost(since: ContinuousClock.Instant)

    /// How long what was told counts after the connection is lost.
    static let grace = Duration.seconds(60)

    /// Whether what was told may be relied on.
    func isReliable(at now: ContinuousClock.Instant) -> Bool {
        switch self {
        case .waiting: false
        case .connected: true
        case .lost(let since): now - since < Self.grace
        }
    }

    /// All there is was told.
    mutating func listed() { self = .connected }

    /// The API server answers again.
    mutating func connected() { if self != .waiting { self = .connected } }

    /// The API server stopped answering.
    mutating func disconnected(at now: ContinuousClock.Instant) { if self == .connected { self = .lost(since: now) } }
}
