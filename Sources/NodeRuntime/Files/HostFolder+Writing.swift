import Foundation

extension HostFolder {
    /// Writes a whole file at once or not at all: into a file beside it that then takes its name.
    ///
    /// A link at `path` stays and what it leads to is written. Mode and owner are those of `model`, or 0644 and ours.
    ///
    /// - Throws: `not-writable`.
    func write(_ bytes: [UInt8], to path: String, like model: HostFile?) throws(NodeError) {
        let target = local(try resolve(path))
        // Not found by a runtime's "*.toml".
        let temporary = "\(target).polypod-tmp"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.notWritable(path) }
        defer { close(descriptor) }
        var isDone = Self.writeAll(bytes, to: descriptor)
        if let model {
            // Only root may give files away; an owner that is ours already needs no giving.
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

    /// Removes a file; one that is not there is fine.
    ///
    /// - Throws: `not-writable`.
    func remove(_ path: String) throws(NodeError) {
        let target = local(try resolve(path))
        guard unlink(target) == 0 || errno == ENOENT else { throw Self.notWritable(path) }
        Self.syncFolder(of: target)
    }

    /// Makes a folder and those above it.
    ///
    /// - Returns: the folders that were made, the outermost first.
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

    /// Removes a folder if nothing is in it.
    func removeEmptyFolder(_ path: String) {
        if let resolved = try? resolve(path) { rmdir(local(resolved)) }
    }

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

    /// Without this the new name might not outlive a power cut.
    private static func syncFolder(of path: String) {
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        let descriptor = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    /// The error of the call that just failed.
    static func notWritable(_ path: String) -> NodeError {
        let reason = String(cString: strerror(errno))
        let isReadOnly = errno == EROFS
        return NodeError(
            .notWritable,
            "\(path): cannot be written (\(reason))",
            remedy: isReadOnly
                ? "mount the host's root writable, or bake the runtime into the node's image"
                : "run as root, with the host's root mounted writable and with room on it"
        )
    }
}
