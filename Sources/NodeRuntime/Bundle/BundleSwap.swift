import Foundation

/// A folder taking another's place, so that it is there whole or not at all, and can be put back.
///
/// Programs that run from the old folder go on: what they have open lives until they close it.
struct BundleSwap {
    private let place: String
    private let isPlaceTaken: Bool

    private var fresh: String { Self.beside(place, "new") }
    private var old: String { Self.beside(place, "old") }

    private static func beside(_ path: String, _ word: String) -> String {
        let folder = path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
        let name = path[folder.endIndex...].dropFirst()
        return "\(folder)/.\(name).polypod-\(word)"
    }

    /// Copies `bundle` to `place`, a path of this program's file system.
    ///
    /// - Throws: `not-writable`, with everything as it was.
    static func put(_ bundle: RuntimeBundle, at place: String) throws(NodeError) -> BundleSwap {
        var status = stat()
        let swap = BundleSwap(place: place, isPlaceTaken: lstat(place, &status) == 0)
        for leftover in [swap.fresh, swap.old] { try delete(leftover) }
        do throws(NodeError) {
            try copy(bundle, to: swap.fresh)
            if swap.isPlaceTaken { try move(place, to: swap.old) }
        } catch {
            try? delete(swap.fresh)
            throw error
        }
        do throws(NodeError) { try move(swap.fresh, to: place) } catch {
            if swap.isPlaceTaken { try? move(swap.old, to: place) }
            try? delete(swap.fresh)
            throw error
        }
        return swap
    }

    /// Takes the folder at `place` away, to be deleted or put back.
    static func take(_ place: String) throws(NodeError) -> BundleSwap {
        let swap = BundleSwap(place: place, isPlaceTaken: true)
        try delete(swap.old)
        try move(place, to: swap.old)
        return swap
    }

    /// Deletes what was there before.
    func commit() throws(NodeError) { try Self.delete(old) }

    /// Puts back what was there before.
    func rollBack() throws(NodeError) {
        try Self.delete(place)
        if isPlaceTaken { try Self.move(old, to: place) }
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
        // Folders get their modes last, so that a read-only one can be filled.
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
