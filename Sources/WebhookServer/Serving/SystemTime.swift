#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension AdmissionServer {
    /// The system's clock, in whole seconds of Unix time.
    @Sendable public static func systemTime() -> Int { time(nil) }
}
