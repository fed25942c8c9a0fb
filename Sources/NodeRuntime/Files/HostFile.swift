import Basics
import Foundation

/// A file of the host as it was read, with what has to stay when it is written again.
public struct HostFile: Equatable, Sendable {
    /// Its bytes.
    public let bytes: [UInt8]
    /// Its permission bits.
    let mode: mode_t
    /// Its owner.
    let owner: uid_t
    /// Its group.
    let group: gid_t
}

extension HostFolder {
    /// No configuration comes near this; something of this size is none.
    static let largestFile = 4 << 20

    /// The host's file at `path`, nil where there is none.
    ///
    /// - Throws: `config-unreadable` for what is no plain file, is too large or cannot be read.
    public func read(_ path: String) throws(NodeError) -> HostFile? {
        let resolved = try resolve(path)
        let descriptor = open(local(resolved), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw Self.unreadable(path, String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, FileKind(mode: status.st_mode) == .file else {
            throw Self.unreadable(path, "it is no plain file")
        }
        guard status.st_size <= Self.largestFile else { throw Self.unreadable(path, "it is larger than 4 MiB") }
        guard let bytes = try? BoundedFile.bytes(of: descriptor, limit: Self.largestFile) else {
            throw Self.unreadable(path, "it cannot be read to its end")
        }
        return HostFile(bytes: bytes, mode: status.st_mode & 0o7777, owner: status.st_uid, group: status.st_gid)
    }

    /// The host's file at `path` as text, nil where there is none.
    ///
    /// - Throws: `config-unreadable`, also for what is no UTF-8.
    func text(_ path: String) throws(NodeError) -> String? {
        guard let file = try read(path) else { return nil }
        guard let text = String(validating: file.bytes, as: UTF8.self) else {
            throw Self.unreadable(path, "it is not UTF-8")
        }
        return text
    }

    private static func unreadable(_ path: String, _ reason: String) -> NodeError {
        NodeError(.configUnreadable, "\(path): \(reason)", remedy: "see what stands there, and install again")
    }
}
