/// A rate limit: up to `burst` events at once, then one in each `interval`.
///
/// It stores only the time at which the bucket is full again.
public struct TokenBucket: Sendable, Equatable {
    private let slack: Duration
    private let interval: Duration
    private var fullAt: ContinuousClock.Instant?

    /// Creates a full bucket.
    public init(burst: Int, interval: Duration) {
        self.interval = interval
        slack = interval * (burst - 1)
    }

    /// The time until there is a token; zero if there is one.
    public func wait(at now: ContinuousClock.Instant) -> Duration {
        guard let fullAt else { return .zero }
        return max(.zero, fullAt - now - slack)
    }

    /// Takes a token; false if there is none.
    public mutating func take(at now: ContinuousClock.Instant) -> Bool {
        guard wait(at: now) == .zero else { return false }
        fullAt = max(fullAt ?? now, now) + interval
        return true
    }
}
