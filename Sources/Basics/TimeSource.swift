/// The passing of time: what long-running parts go by, and what tests replace.
public struct TimeSource: Sendable {
    /// Now, on a clock that only goes forward: for durations.
    public var now: @Sendable () -> ContinuousClock.Instant
    /// Now, as people and other machines see it, in microseconds since the beginning of 1970.
    public var wallTime: @Sendable () -> Int
    /// Waits for a duration; throws `CancellationError` where the task is cancelled first.
    public var sleep: @Sendable (Duration) async throws -> Void

    /// Creates a source; each default is the machine's own clock.
    public init(
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        wallTime: @escaping @Sendable () -> Int = UnixTime.microseconds,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.now = now
        self.wallTime = wallTime
        self.sleep = sleep
    }

    /// The machine's clocks.
    public static let system = TimeSource()

    /// Now, in whole seconds since the beginning of 1970.
    public func unixTime() -> Int { wallTime() / 1_000_000 }

    /// Runs `body` for at most `limit`; then its task is cancelled and the result is nil.
    ///
    /// `body` has to end soon after it is cancelled, since the call waits for it.
    ///
    /// - Returns: The result of `body`; nil where it throws or takes too long.
    public func withTimeout<Result: Sendable>(
        _ limit: Duration,
        _ body: @escaping @Sendable () async throws -> Result
    ) async -> Result? {
        await withTaskGroup(of: Result?.self) { group in
            group.addTask { try? await body() }
            group.addTask {
                try? await sleep(limit)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }
}
