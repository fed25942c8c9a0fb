import Foundation

/// A folder with crun, an engine and all they load, for one place on the host.
public struct RuntimeBundle: Equatable, Sendable {
    /// One thing in the folder.
    struct Entry: Equatable, Sendable {
        /// Its path inside, without a slash before it.
        let path: String
        let kind: FileKind
        let size: Int
        let mode: mode_t
        /// Where a link leads.
        let target: String?
    }

    /// The folder, by the path this program reaches it with.
    public let folder: String
    /// What `version.json` says.
    public let version: BundleVersion
    /// What is in it, by path.
    let entries: [Entry]

    /// The bytes of its files together.
    public var size: Int { entries.reduce(0) { $0 + $1.size } }

    /// Reads the bundle in `folder`.
    ///
    /// - Throws: `bundle-unusable` for what is no bundle of `engine` for this machine.
    public init(folder: String, engine: WasmEngine) throws(NodeError) {
        let fail = { (reason: String) in
            NodeError(
                .bundleUnusable,
                "\(folder): \(reason)",
                remedy: "give the folder of a whole bundle for \(engine.title) with --bundle"
            )
        }
        // A link would be copied as what is in it: nothing.
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let folder = realpath(folder, &buffer).map { String(cString: $0) } ?? folder
        guard let text = FileManager.default.contents(atPath: "\(folder)/version.json"), text.count < 1 << 16 else {
            throw fail("there is no version.json in it")
        }
        guard let version = try? JSONDecoder().decode(BundleVersion.self, from: text) else {
            throw fail("its version.json is not what one has to be")
        }
        guard version.engine == engine else { throw fail("it is for \(version.engine.title)") }
        guard version.architecture == BundleVersion.machine else {
            throw fail("it is for \(version.architecture), this machine is \(BundleVersion.machine)")
        }
        guard access("\(folder)/bin/crun", X_OK) == 0 else { throw fail("bin/crun is missing or cannot be run") }
        guard let entries = Self.entries(of: folder) else { throw fail("not everything in it can be read") }
        guard ["version.json", "bin/crun"].allSatisfy({ path in entries.contains { $0.path == path } }) else {
            throw fail("version.json or bin/crun cannot be read in it")
        }
        guard !entries.contains(where: { $0.kind == .socket || $0.kind == .other }) else {
            throw fail("it holds more than files, folders and links")
        }
        self.folder = folder
        self.version = version
        self.entries = entries
    }

    private static func entries(of folder: String) -> [Entry]? {
        guard let paths = FileManager.default.enumerator(atPath: folder) else { return nil }
        var entries: [Entry] = []
        for case let path as String in paths {
            var status = stat()
            guard lstat("\(folder)/\(path)", &status) == 0 else { return nil }
            let kind = FileKind(mode: status.st_mode)
            entries.append(
                Entry(
                    path: path,
                    kind: kind,
                    size: kind == .file ? Int(status.st_size) : 0,
                    mode: kind == .link ? 0 : status.st_mode & 0o777,
                    target: kind == .link
                        ? try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(path)") : nil
                )
            )
        }
        return entries.sorted { $0.path < $1.path }
    }

    /// Whether `other` holds the same, to the byte.
    func hasSameContent(as other: RuntimeBundle) -> Bool {
        guard version == other.version, entries == other.entries else { return false }
        return entries.allSatisfy { entry in
            entry.kind != .file
                || FileManager.default.contentsEqual(
                    atPath: "\(folder)/\(entry.path)",
                    andPath: "\(other.folder)/\(entry.path)"
                )
        }
    }

    /// Whether `path` is this very folder, perhaps by another name.
    func isSameFolder(as path: String) -> Bool {
        var (here, there) = (stat(), stat())
        return stat(folder, &here) == 0 && stat(path, &there) == 0 && here.st_dev == there.st_dev
            && here.st_ino == there.st_ino
    }
}
