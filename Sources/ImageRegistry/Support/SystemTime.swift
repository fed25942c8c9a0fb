#if canImport(Musl)
import Musl
#elseif canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The system's clock.
enum SystemTime {
    /// Whole seconds of Unix time.
    @Sendable static func unix() -> Int { time(nil) }
}
