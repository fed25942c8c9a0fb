import Foundation

@testable import NodeRuntime

extension TestNode {
    static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

    /// Copies a fixture's tree into the host.
    func load(_ fixture: String) throws {
        let source = Self.fixtures.appending(path: fixture).path
        for case let path as String in FileManager.default.enumerator(atPath: source) ?? .init() {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: "\(source)/\(path)", isDirectory: &isFolder) else { continue }
            guard !isFolder.boolValue else { continue }
            try put(String(contentsOfFile: "\(source)/\(path)", encoding: .utf8), at: "/" + path)
        }
        if kind == .k3s || kind == .rke2 { try put(text(kind.effectiveFile) ?? "", at: "/base.toml") }
        render()
    }

    /// Makes a bundle on the host's disk, outside of its root.
    func bundle(_ engine: WasmEngine = .wasmedge, version: String = "0.14.1", library: String = "lib") throws -> String
    {
        let path = "/source/\(engine.rawValue)-\(version)"
        try put(library, at: "\(path)/lib/lib.so.0.1")
        try put("#!", at: "\(path)/bin/crun")
        chmod("\(root)\(path)/bin/crun", 0o755)
        symlink("lib.so.0.1", "\(root)\(path)/lib/lib.so")
        try put(
            """
            {"engine":"\(engine.rawValue)","engineVersion":"\(version)","crun":"1.21","patches":["exit-code"],\
            "architecture":"\(BundleVersion.machine)","plugins":[]}
            """,
            at: "\(path)/version.json"
        )
        return root + path
    }

    /// Every file, link and folder of the host, with bytes, mode and time of change.
    func snapshot(withTimes: Bool = false) -> [String: String] {
        var found: [String: String] = [:]
        for case let path as String in FileManager.default.enumerator(atPath: root) ?? .init() {
            guard !path.hasPrefix("source") else { continue }
            var status = stat()
            lstat("\(root)/\(path)", &status)
            let bytes = FileManager.default.contents(atPath: "\(root)/\(path)") ?? Data()
            let time = withTimes ? "\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec) \(status.st_ino)" : ""
            let isFile = FileKind(mode: status.st_mode) == .file
            found[path] = "\(status.st_mode) \(time) \(isFile ? String(decoding: bytes, as: UTF8.self) : "")"
        }
        return found
    }

    @discardableResult
    func install(_ engines: [WasmEngine] = [.wasmedge], isRestarting: Bool = true) throws -> NodeReport {
        var bundles: [WasmEngine: String] = [:]
        for engine in engines { bundles[engine] = try bundle(engine) }
        return try NodeInstaller(folder: folder, commands: self)
            .install(engines, bundles: bundles, isRestarting: isRestarting)
    }

    @discardableResult
    func uninstall(_ engines: [WasmEngine] = [.wasmedge]) throws -> NodeReport {
        try NodeInstaller(folder: folder, commands: self).uninstall(engines)
    }

    func status(_ engines: [WasmEngine] = [.wasmedge]) throws -> NodeStatus {
        try Planner(folder: folder, commands: self).status(of: engines)
    }

    /// The code of the error that `work` ends with.
    func code(_ work: () throws -> Void) -> NodeError.Code? {
        do { try work() } catch { return (error as? NodeError)?.code }
        return nil
    }
}
