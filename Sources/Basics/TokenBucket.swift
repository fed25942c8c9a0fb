/// How often something may happen: at once up to `burst` times, then once in each `interval`.
///
/// It keeps one moment instead of a level that would have to be filled up: the one at which the bucket is full again.
public struct TokenBucket: Sendable, Equatable {
    private let slack: Duration
    private let interval: Duration
    private var fullAt: ContinuousClock.Instant?

    /// Creates a full bucket.
    public init(burst: Int, interval: Duration) {
        self.interval = interval
        slack = interval * (burst - 1)
    }

    /// How long it takes until a token is there; zero where one is.
    public func wait(at now: ContinuousClock.Instant) -> Duration {
        guard let fullAt else { return .zero }
        return max(.zero, fullAt - now - slack)
    }

    /// Takes a token; false where none is there.
    public mutating func take(at now: ContinuousClock.Instant) -> Bool {
        guard wait(at: now) == .zero else { return false }
        fullAt = max(fullAt ?? now, now) + interval
        return true
    }
}
