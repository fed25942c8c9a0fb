import Basics
import Foundation

/// The host's file system, mounted below a folder of this program's file system.
///
/// Paths are paths on the host. Links are followed as on the host, so no path leads out of the folder.
public struct HostFolder: Sendable {
    /// The folder without a slash at its end; empty for this program's own root.
    public let root: String

    /// No configuration comes near this size (bytes).
    private static let largestFile = 4 << 20

    /// Creates the file system below `root`, an absolute path.
    public init(root: String) {
        var text = root[...]
        while text.hasSuffix("/") { text = text.dropLast() }
        self.root = String(text)
    }

    /// The path in this program's file system for the host's `path`; links are not resolved.
    public func local(_ path: String) -> String { root + path }

    /// The host's `path` with all links resolved, as a process on the host would follow them.
    ///
    /// An absolute link starts at the host's root, and `..` does not lead above it. The path does not have to exist.
    ///
    /// - Throws: `config-unreadable` after 40 links, which is a loop.
    public func resolve(_ path: String) throws(NodeError) -> String {
        var rest = Self.parts(path)[...]
        var resolved: [String] = []
        var links = 0
        while let part = rest.popFirst() {
            switch part {
            case ".": continue
            case "..": _ = resolved.popLast()
            default:
                let next = resolved + [part]
                guard let target = Self.link(local("/" + next.joined(separator: "/"))) else {
                    resolved = next
                    continue
                }
                links += 1
                guard links <= 40 else {
                    throw NodeError(.configUnreadable, "\(path): its links form a loop", remedy: "fix the links")
                }
                if target.hasPrefix("/") { resolved = [] }
                rest = (Self.parts(target) + rest)[...]
            }
        }
        return "/" + resolved.joined(separator: "/")
    }

    private static func parts(_ path: String) -> [String] {
        path.split(separator: "/").map(String.init)
    }

    private static func link(_ path: String) -> String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: path)
    }

    /// The kind of the file at `path`, with links resolved; nil if there is no file.
    public func kind(_ path: String) -> FileKind? { status(path).map { FileKind(mode: $0.st_mode) } }

    /// Whether there is a file of any kind at `path`.
    public func exists(_ path: String) -> Bool { kind(path) != nil }

    /// The time of the last change of the file at `path`, in seconds since 1970; nil if there is no file.
    func modified(_ path: String) -> Int? { status(path)?.st_mtim.tv_sec }

    private func status(_ path: String) -> stat? {
        guard let resolved = try? resolve(path) else { return nil }
        var status = stat()
        return lstat(local(resolved), &status) == 0 ? status : nil
    }

    /// The names in the folder at `path`, sorted; empty if there is no such folder.
    public func list(_ path: String) -> [String] {
        guard let resolved = try? resolve(path) else { return [] }
        return ((try? FileManager.default.contentsOfDirectory(atPath: local(resolved))) ?? []).sorted()
    }

    // MARK: Reading

    /// The file at `path`; nil if there is none.
    ///
    /// - Throws: `config-unreadable` if it is not a regular file, is larger than 4 MiB, or cannot be read.
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
            throw Self.unreadable(path, "it is not a regular file")
        }
        guard status.st_size <= Self.largestFile else { throw Self.unreadable(path, "it is larger than 4 MiB") }
        guard let bytes = try? BoundedFile.bytes(of: descriptor, limit: Self.largestFile) else {
            throw Self.unreadable(path, "it cannot be read completely")
        }
        return HostFile(bytes: bytes, mode: status.st_mode & 0o7777, owner: status.st_uid, group: status.st_gid)
    }

    /// The text of the file at `path`; nil if there is none.
    ///
    /// - Throws: `config-unreadable` as for ``read(_:)``, and if the file is not UTF-8.
    func text(_ path: String) throws(NodeError) -> String? {
        guard let file = try read(path) else { return nil }
        guard let text = String(validating: file.bytes, as: UTF8.self) else {
            throw Self.unreadable(path, "it is not UTF-8")
        }
        return text
    }

    private static func unreadable(_ path: String, _ reason: String) -> NodeError {
        NodeError(.configUnreadable, "\(path): \(reason)", remedy: "replace it with a readable file and install again")
    }

    // MARK: Writing

    /// Writes a file atomically: into a temporary file in the same folder, which then replaces it.
    ///
    /// If `path` is a link, the link stays and its target is written. The file gets the mode and owner of `model`;
    /// without one, mode 0644 and this process's user.
    ///
    /// - Parameters:
    ///   - bytes: The content.
    ///   - path: The path on the host.
    ///   - model: The file whose mode and owner are used.
    /// - Throws: `not-writable`; the old file is then unchanged. `config-unreadable` for links that form a loop.
    func write(_ bytes: [UInt8], to path: String, like model: HostFile?) throws(NodeError) {
        let target = local(try resolve(path))
        // With this ending a runtime that reads "*.toml" does not find it.
        let temporary = "\(target).polypod-tmp"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.notWritable(path) }
        defer { close(descriptor) }
        var isDone = Self.writeAll(bytes, to: descriptor)
        if let model {
            // Only root may change the owner. If the owner is already right, the failure does not matter.
            isDone = isDone && (fchown(descriptor, model.owner, model.group) == 0 || errno == EPERM)
        }
        isDone = isDone && fchmod(descriptor, model?.mode ?? 0o644) == 0 && fsync(descriptor) == 0
        guard isDone, rename(temporary, target) == 0 else {
            let error = Self.notWritable(path)
            unlink(temporary)
            throw error
        }
        Self.syncFolder(of: target)
    }

    /// Removes the file at `path`, if there is one.
    ///
    /// - Throws: `not-writable`; `config-unreadable` for links that form a loop.
    func remove(_ path: String) throws(NodeError) {
        let target = local(try resolve(path))
        guard unlink(target) == 0 || errno == ENOENT else { throw Self.notWritable(path) }
        Self.syncFolder(of: target)
    }

    /// Creates the folder at `path` and its missing parents, with mode 0755.
    ///
    /// - Returns: The folders that did not exist before, the outermost first.
    /// - Throws: `not-writable`; `config-unreadable` for links that form a loop.
    func makeFolder(_ path: String) throws(NodeError) -> [String] {
        let resolved = try resolve(path)
        var made: [String] = []
        var current = ""
        for part in resolved.split(separator: "/") {
            current += "/\(part)"
            if mkdir(local(current), 0o755) == 0 {
                made.append(current)
            } else if errno != EEXIST {
                throw Self.notWritable(current)
            }
        }
        return made
    }

    /// Removes the folder at `path` if it is empty.
    func removeEmptyFolder(_ path: String) {
        if let resolved = try? resolve(path) { rmdir(local(resolved)) }
    }

    /// Writes all of `bytes`; false if that fails, with the reason in `errno`.
    static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Without this, a power failure could undo the rename.
    private static func syncFolder(of path: String) {
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        let descriptor = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    /// The error for the system call that has just failed.
    static func notWritable(_ path: String) -> NodeError {
        let reason = String(cString: strerror(errno))
        let isReadOnly = errno == EROFS
        return NodeError(
            .notWritable,
            "\(path): cannot be written (\(reason))",
            remedy: isReadOnly
                ? "mount the host's root writable, or install the runtime in the node's image"
                : "run as root, with the host's root mounted writable and with free space on it"
        )
    }
}
