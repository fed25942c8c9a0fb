import JSON
import PodAdmission

#if canImport(Musl)
import Musl
#elseif canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A token or a few settings in a file.
enum SmallFile {
    private static let longest = 64 << 10

    /// What the file holds; nil where it cannot be read, is empty, or is longer than any such file.
    static func bytes(of path: String) -> [UInt8]? {
        guard let stream = fopen(path, "rbe") else { return nil }
        defer { fclose(stream) }
        var bytes = [UInt8](repeating: 0, count: longest + 1)
        let count = fread(&bytes, 1, bytes.count, stream)
        guard ferror(stream) == 0, (1...longest).contains(count) else { return nil }
        return Array(bytes[..<count])
    }

    /// The token in the file, without the space around it.
    ///
    /// It is read each time that it is needed, since the kubelet puts a new one there before the old one ends.
    ///
    /// - Parameter variable: What names the file; failures say this, for they are shown to those who make Pods.
    static func token(in path: String, of variable: String) throws(RegistryFailure) -> Secret {
        let blanks: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D]
        let bytes = bytes(of: path)?.drop { blanks.contains($0) }.reversed().drop { blanks.contains($0) }.reversed()
        guard let bytes, !bytes.isEmpty, bytes.allSatisfy(\.isASCIIVisible) else {
            throw unreadable(variable)
        }
        return Secret(String(decoding: Array(bytes), as: UTF8.self))
    }

    static func unreadable(_ variable: String) -> RegistryFailure {
        RegistryFailure(.unreachable, "\(variable): its file holds no token that can be read")
    }
}
