import Foundation

/// A folder with crun, a Wasm engine and all libraries that they load.
public struct RuntimeBundle: Equatable, Sendable {
    /// A file, folder or link in the bundle.
    struct Entry: Equatable, Sendable {
        /// The path relative to the bundle.
        let path: String
        let kind: FileKind
        /// The size in bytes; 0 for folders and links.
        let size: Int
        let mode: mode_t
        /// The target of a link, nil for others.
        let target: String?
    }

    /// The path of the folder in this program's file system.
    public let folder: String
    /// The content of `version.json`.
    public let version: BundleVersion
    /// The content of the folder, sorted by path.
    let entries: [Entry]

    /// The total size of the files in bytes.
    public var size: Int { entries.reduce(0) { $0 + $1.size } }

    /// Reads the bundle in `folder`, which is a path in this program's file system.
    ///
    /// - Throws: `bundle-unusable` if the folder is not a complete bundle of `engine` for this machine.
    public init(folder: String, engine: WasmEngine) throws(NodeError) {
        let fail = { (reason: String) in
            NodeError(
                .bundleUnusable,
                "\(folder): \(reason)",
                remedy: "set --bundle to the folder of a complete bundle for \(engine.title)"
            )
        }
        // The enumeration below finds nothing if the path is a link.
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let folder = realpath(folder, &buffer).map { String(cString: $0) } ?? folder
        guard let text = FileManager.default.contents(atPath: "\(folder)/version.json"), text.count < 1 << 16 else {
            throw fail("it has no version.json, or one that is too large")
        }
        guard let version = try? JSONDecoder().decode(BundleVersion.self, from: text) else {
            throw fail("its version.json lacks a field or is not valid JSON")
        }
        guard version.engine == engine else { throw fail("it is for \(version.engine.title)") }
        guard version.architecture == BundleVersion.machine else {
            throw fail("it is for \(version.architecture), this machine is \(BundleVersion.machine)")
        }
        guard access("\(folder)/bin/crun", X_OK) == 0 else { throw fail("bin/crun is missing or not executable") }
        guard let entries = Self.entries(of: folder) else { throw fail("not every file in it can be read") }
        guard ["version.json", "bin/crun"].allSatisfy({ path in entries.contains { $0.path == path } }) else {
            throw fail("version.json or bin/crun cannot be read")
        }
        guard !entries.contains(where: { $0.kind == .socket || $0.kind == .other }) else {
            throw fail("it contains something that is not a file, folder or link")
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

    /// Whether `other` has the same files with the same bytes and modes.
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

    /// Whether `path` leads to this folder, possibly by another name.
    func isSameFolder(as path: String) -> Bool {
        var (here, there) = (stat(), stat())
        return stat(folder, &here) == 0 && stat(path, &there) == 0 && here.st_dev == there.st_dev
            && here.st_ino == there.st_ino
    }
}

/// The content of a bundle's `version.json`.
public struct BundleVersion: Codable, Equatable, Sendable {
    /// The engine that crun loads.
    public let engine: WasmEngine
    /// The version of the engine.
    public let engineVersion: String
    /// The version of crun.
    public let crun: String
    /// The names of the patches in this crun.
    public let patches: [String]
    /// The architecture by its name in Go and OCI, such as `amd64`.
    public let architecture: String
    /// The plugins of the engine in the bundle.
    public let plugins: [String]

    /// The architecture that this program was built for, in the same form as ``architecture``.
    public static var machine: String {
        #if arch(arm64)
        "arm64"
        #elseif arch(x86_64)
        "amd64"
        #else
        "unknown"
        #endif
    }

    /// The versions of crun and the engine with patches and plugins, in one line for people.
    public var title: String {
        let patches = patches.isEmpty ? "" : " (" + patches.map { "+\($0)" }.joined(separator: ", ") + ")"
        let plugins = plugins.isEmpty ? "" : " (" + plugins.joined(separator: ", ") + ")"
        return "crun \(crun)\(patches), \(engine.title) \(engineVersion)\(plugins)"
    }
}
