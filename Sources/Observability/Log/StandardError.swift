import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The process's standard error, for whole lines.
public enum StandardError {
    private static let lock = Mutex(())

    /// Writes `line`, waiting for the reader where there is a slow one; lines never mix.
    @Sendable public static func write(_ line: [UInt8]) {
        lock.withLock { _ in
            line.withUnsafeBytes { bytes in
                var rest = bytes[...]
                while !rest.isEmpty {
                    let part = UnsafeRawBufferPointer(rebasing: rest)
                    #if canImport(Glibc)
                    let count = Glibc.write(STDERR_FILENO, part.baseAddress, part.count)
                    #elseif canImport(Musl)
                    let count = Musl.write(STDERR_FILENO, part.baseAddress, part.count)
                    #else
                    let count = Darwin.write(STDERR_FILENO, part.baseAddress, part.count)
                    #endif
                    if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { return }
                }
            }
        }
    }
}
