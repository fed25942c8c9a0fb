/// The clocks of long-running parts, which tests replace.
public struct TimeSource: Sendable {
    /// The time on a clock that never goes back, for durations.
    public var now: @Sendable () -> ContinuousClock.Instant
    /// The wall-clock time, in microseconds since the start of 1970.
    public var wallTime: @Sendable () -> Int
    /// Waits for a duration; throws `CancellationError` if the task is cancelled first.
    public var sleep: @Sendable (Duration) async throws -> Void

    /// Creates a source; the defaults are the machine's clocks.
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

    /// The wall-clock time, in whole seconds since the start of 1970.
    public func unixTime() -> Int { wallTime() / 1_000_000 }

    /// Runs `body`, and cancels it after `limit`.
    ///
    /// `body` must end soon after it is cancelled, because the call waits for it.
    ///
    /// - Returns: The result of `body`; nil if it throws or takes too long.
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
