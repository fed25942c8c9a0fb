#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Reads whole files and streams up to a limit on their size.
public enum BoundedFile {
    /// The errors.
    public enum Failure: Error, Sendable, Equatable, CustomStringConvertible {
        /// The operating system refused, with this `errno`.
        case system(Int32)
        /// The file has more than this number of bytes.
        case tooLong(limit: Int)

        /// The reason, for use after the file's name and a colon.
        public var description: String {
            switch self {
            case .system(let code): String(cString: strerror(code))
            case .tooLong(let limit) where limit % (1 << 20) == 0: "longer than \(limit >> 20) MiB"
            case .tooLong(let limit): "longer than \(limit >> 10) KiB"
            }
        }
    }

    /// All bytes of the file at `path`, at most `limit`.
    ///
    /// - Throws: ``Failure`` if it cannot be opened or read, or is longer.
    public static func bytes(of path: String, limit: Int) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(errno) }
        defer { close(descriptor) }
        return try bytes(of: descriptor, limit: limit)
    }

    /// All remaining bytes of `descriptor`, at most `limit`; it stays open.
    ///
    /// - Throws: ``Failure`` if it cannot be read, or has more.
    public static func bytes(of descriptor: Int32, limit: Int) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .system(errno) }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= limit else { throw .tooLong(limit: limit) }
        }
    }
}
