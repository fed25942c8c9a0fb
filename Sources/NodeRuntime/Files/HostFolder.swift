import Foundation

/// The host's file system under a folder of ours; no link leads out of it.
public struct HostFolder: Sendable {
    /// The folder, without a slash at its end: empty for the root itself.
    public let root: String

    /// Creates one; `root` has to be absolute.
    public init(root: String) {
        var text = root[...]
        while text.hasSuffix("/") { text = text.dropLast() }
        self.root = String(text)
    }

    /// The path by which this program reaches the host's `path`, taken as it is.
    public func local(_ path: String) -> String { root + path }

    /// The host's path with every link on the way followed as a process on the host would follow it.
    ///
    /// The last parts need not exist. An absolute link starts again at the root, and `..` does not lead above it.
    ///
    /// - Throws: `config-unreadable` for links that lead in a circle.
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
                    throw NodeError(.configUnreadable, "\(path): its links lead in a circle", remedy: "mend the links")
                }
                if target.hasPrefix("/") { resolved = [] }
                rest = (Self.parts(target) + rest)[...]
            }
        }
        return "/" + resolved.joined(separator: "/")
    }

    /// The kind of what stands at the host's `path`, links followed; nil for nothing.
    public func kind(_ path: String) -> FileKind? {
        guard let resolved = try? resolve(path) else { return nil }
        var status = stat()
        guard lstat(local(resolved), &status) == 0 else { return nil }
        return FileKind(mode: status.st_mode)
    }

    /// Whether something stands at the host's `path`.
    public func exists(_ path: String) -> Bool { kind(path) != nil }

    /// When the host's file at `path` was last written, in seconds since 1970; nil where there is none.
    func modified(_ path: String) -> Int? {
        guard let resolved = try? resolve(path) else { return nil }
        var status = stat()
        return lstat(local(resolved), &status) == 0 ? status.st_mtim.tv_sec : nil
    }

    /// The names in a folder of the host, sorted; none where there is no such folder.
    public func list(_ path: String) -> [String] {
        guard let resolved = try? resolve(path) else { return [] }
        return ((try? FileManager.default.contentsOfDirectory(atPath: local(resolved))) ?? []).sorted()
    }

    private static func parts(_ path: String) -> [String] {
        path.split(separator: "/").map(String.init)
    }

    private static func link(_ path: String) -> String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: path)
    }
}

/// What a path leads to.
public enum FileKind: Equatable, Sendable {
    case file
    case folder
    case link
    case socket
    case other

    init(mode: mode_t) {
        switch mode & S_IFMT {
        case S_IFREG: self = .file
        case S_IFDIR: self = .folder
        case S_IFLNK: self = .link
        case S_IFSOCK: self = .socket
        default: self = .other
        }
    }
}
