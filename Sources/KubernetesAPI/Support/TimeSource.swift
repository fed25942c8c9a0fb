#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The passing of time, which tests set.
struct TimeSource: Sendable {
    /// Now, on a clock that only goes forward.
    let now: @Sendable () -> ContinuousClock.Instant
    /// Now, as people and other machines see it: microseconds since the beginning of 1970.
    let wallTime: @Sendable () -> Int
    /// Waits, until it is over or the task is cancelled.
    let sleep: @Sendable (Duration) async throws -> Void

    /// The machine's clocks.
    static let system = TimeSource(
        now: { .now },
        wallTime: {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            return Int(time.tv_sec) * 1_000_000 + Int(time.tv_nsec) / 1000
        },
        sleep: { try await Task.sleep(for: $0) }
    )
}
