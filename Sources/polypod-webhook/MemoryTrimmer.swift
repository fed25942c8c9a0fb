import ServiceLifecycle

#if canImport(Glibc)
import CMalloc
#endif

/// The allocator of the process, if it is glibc's; otherwise its functions do nothing.
enum Allocator {
    /// Limits the allocator to one arena for all threads, instead of eight for each core; call it before threads start.
    ///
    /// Each arena keeps what its threads have freed, so that the process would stay far above what it uses after a
    /// burst. Threads still have their own caches for small blocks, and one arena is not slower here (`make measure`).
    static func limitArenas() {
        #if canImport(Glibc)
        _ = mallopt(M_ARENA_MAX, 1)
        #endif
    }

    /// Gives the free memory of all arenas back to the system.
    static func trim() {
        #if canImport(Glibc)
        _ = malloc_trim(0)
        #endif
    }
}

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
                Allocator.trim()
            }
        }
    }
}
