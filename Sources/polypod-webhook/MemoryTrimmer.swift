import ServiceLifecycle

#if canImport(Glibc)
import CMalloc
#endif

/// Gives free memory back to the system from time to time.
///
/// glibc keeps the memory of a burst of requests for the next burst, so that the process would stay near its peak, and a
/// second burst of another kind could exceed the container's limit.
struct MemoryTrimmer: Service {
    /// The pause between two trims.
    let interval: Duration
    /// The clock for the pause.
    let clock: any Clock<Duration>

    /// Creates the service.
    init(interval: Duration = .seconds(20), clock: any Clock<Duration> = ContinuousClock()) {
        self.interval = interval
        self.clock = clock
    }

    func run() async throws {
        // The sleep throws only if it is cancelled, which is the end.
        try? await cancelWhenGracefulShutdown {
            while true {
                try await clock.sleep(for: interval, tolerance: interval / 4)
                #if canImport(Glibc)
                _ = malloc_trim(0)
                #endif
            }
        }
    }
}
