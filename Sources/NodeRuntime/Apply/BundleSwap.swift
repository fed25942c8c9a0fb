import Foundation

/// Replaces or removes a bundle atomically, and can restore the old one.
///
/// Programs that run from the old folder keep running: the kernel keeps their open files until they close them.
struct BundleSwap {
    private let path: String
    private let isReplacing: Bool

    private var new: String { Self.beside(path, "new") }
    private var old: String { Self.beside(path, "old") }

    private static func beside(_ path: String, _ word: String) -> String {
        let folder = path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
        let name = path[folder.endIndex...].dropFirst()
        return "\(folder)/.\(name).polypod-\(word)"
    }

    /// Copies `bundle` to `path`, a path in this program's file system, and keeps an old bundle for a rollback.
    ///
    /// - Throws: `not-writable`; the old bundle is then still at `path`.
    static func put(_ bundle: RuntimeBundle, at path: String) throws(NodeError) -> BundleSwap {
        var status = stat()
        let swap = BundleSwap(path: path, isReplacing: lstat(path, &status) == 0)
        for leftover in [swap.new, swap.old] { try delete(leftover) }
        do throws(NodeError) {
            try copy(bundle, to: swap.new)
            if swap.isReplacing { try move(path, to: swap.old) }
        } catch {
            try? delete(swap.new)
            throw error
        }
        do throws(NodeError) { try move(swap.new, to: path) } catch {
            if swap.isReplacing { try? move(swap.old, to: path) }
            try? delete(swap.new)
            throw error
        }
        return swap
    }

    /// Moves the folder at `path` away; ``commit()`` deletes it and ``rollBack()`` restores it.
    ///
    /// - Throws: `not-writable`.
    static func moveAway(_ path: String) throws(NodeError) -> BundleSwap {
        let swap = BundleSwap(path: path, isReplacing: true)
        try delete(swap.old)
        try move(path, to: swap.old)
        return swap
    }

    /// Deletes the old bundle.
    ///
    /// - Throws: `not-writable`.
    func commit() throws(NodeError) { try Self.delete(old) }

    /// Restores the old bundle, or removes the new one if there was none.
    ///
    /// - Throws: `not-writable`.
    func rollBack() throws(NodeError) {
        try Self.delete(path)
        if isReplacing { try Self.move(old, to: path) }
    }

    private static func move(_ path: String, to target: String) throws(NodeError) {
        guard rename(path, target) == 0 else { throw HostFolder.notWritable(target) }
    }

    private static func delete(_ path: String) throws(NodeError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        do { try FileManager.default.removeItem(atPath: path) } catch { throw HostFolder.notWritable(path) }
    }

    private static func copy(_ bundle: RuntimeBundle, to target: String) throws(NodeError) {
        guard mkdir(target, 0o755) == 0 else { throw HostFolder.notWritable(target) }
        for entry in bundle.entries {
            let path = "\(target)/\(entry.path)"
            let isDone =
                switch entry.kind {
                case .folder: mkdir(path, 0o700) == 0
                case .link: symlink(entry.target ?? "", path) == 0
                default: copyFile("\(bundle.folder)/\(entry.path)", to: path, mode: entry.mode)
                }
            guard isDone else { throw HostFolder.notWritable(path) }
        }
        // Folders get their modes last, so that files can be copied into a read-only one.
        for entry in bundle.entries where entry.kind == .folder { chmod("\(target)/\(entry.path)", entry.mode) }
        chmod(target, 0o755)
    }

    private static func copyFile(_ source: String, to target: String, mode: mode_t) -> Bool {
        let input = open(source, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { return false }
        defer { close(input) }
        let output = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard output >= 0 else { return false }
        defer { close(output) }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = read(input, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return false }
            guard count > 0 else { break }
            guard HostFolder.writeAll(Array(buffer[..<count]), to: output) else { return false }
        }
        return fchmod(output, mode) == 0 && fsync(output) == 0
    }
}
