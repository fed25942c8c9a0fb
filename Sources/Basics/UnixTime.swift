#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The wall-clock time of the machine.
public enum UnixTime {
    /// Whole seconds since the start of 1970.
    @Sendable public static func seconds() -> Int { microseconds() / 1_000_000 }

    /// Microseconds since the start of 1970.
    @Sendable public static func microseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int(time.tv_sec) * 1_000_000 + Int(time.tv_nsec) / 1000
    }
}
