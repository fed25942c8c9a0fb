import Foundation
import Synchronization

@testable import NodeRuntime

/// A node whose host is a temporary folder, with real files, fake programs and fake time.
final class TestNode: HostCommands {
    /// The behaviour of the fake programs.
    struct Behaviour: Sendable {
        /// The output of the runtime's `--version`; nil if the program cannot be run.
        var version: String? = "containerd github.com/containerd/containerd v1.7.27 05044ec"
        /// The result of `config dump` for a configuration; nil if the program cannot be run.
        var dump: (@Sendable (String) -> CommandOutput?)? = { CommandOutput(code: 0, output: $0) }
        /// The number of restarts after which no process runs.
        var failingRestarts = 0
        /// Whether the process ends within two seconds after its start.
        var isDying = false
        var isFailed = false
        var activeUnit: String? = "containerd"
        var isRunning = true
        var program = "/usr/bin/containerd"
        var arguments: [String] = []
        var startTime: Int?
    }

    private struct State {
        var time = Duration.zero
        var processes: [RuntimeProcess] = []
        var words: [String] = []
        var restarts = 0
    }

    let root: String
    let kind: HostKind
    let folder: HostFolder
    let behaviour: Behaviour
    private let state = Mutex(State())

    init(kind: HostKind = .containerd, _ behaviour: Behaviour = Behaviour()) throws {
        root = NSTemporaryDirectory() + "/pn-" + UUID().uuidString.prefix(8)
        self.kind = kind
        self.behaviour = behaviour
        folder = HostFolder(root: root)
        for path in ["/opt", "/run/dbus", "/usr/bin", "/var/run/crio", "/etc"] { try makeFolder(path) }
        for path in [kind.binaries[0], "/usr/bin/systemctl", "/run/dbus/system_bus_socket"] { try put("", at: path) }
        try makeFolder(String(kind.socket.prefix(upTo: kind.socket.lastIndex(of: "/") ?? kind.socket.endIndex)))
        mknod(root + kind.socket, S_IFSOCK | 0o600, 0)
        if behaviour.isRunning { state.withLock { $0.processes = [process(100)] } }
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    private func process(_ id: Int32) -> RuntimeProcess {
        RuntimeProcess(
            id: id,
            start: UInt64(id) * 10,
            program: behaviour.program,
            arguments: behaviour.arguments,
            startTime: behaviour.startTime
        )
    }

    func makeFolder(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: root + path, withIntermediateDirectories: true)
    }

    /// Writes a file and creates the folders above it.
    func put(_ text: String, at path: String) throws {
        try makeFolder(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
        try Data(text.utf8).write(to: URL(filePath: root + path))
    }

    func text(_ path: String) -> String? { (try? folder.text(path)) ?? nil }

    var restarts: Int { state.withLock { $0.restarts } }
    var words: [String] { state.withLock { $0.words } }

    // MARK: HostCommands

    func isListening(at path: String) -> Bool { folder.kind(path) == .socket }

    var now: Duration { state.withLock { $0.time } }

    func sleep(for duration: Duration) {
        state.withLock { state in
            state.time += duration
            if behaviour.isDying, duration >= .seconds(2) { state.processes = [] }
        }
    }

    func processes(called names: Set<String>) -> [RuntimeProcess] {
        names == kind.processes ? state.withLock { $0.processes } : []
    }

    func runOnHost(_ words: [String], timeout: Duration) -> CommandOutput? {
        guard words.last == "--version" else {
            guard kind == .crio || folder.exists(kind.effectiveFile) else {
                return CommandOutput(code: 1, output: "", errors: "containerd: no such file or directory")
            }
            return behaviour.dump?(effective())
        }
        return behaviour.version.map { CommandOutput(code: 0, output: $0 + "\n") }
    }

    func run(beside process: RuntimeProcess, _ words: [String], timeout: Duration) -> CommandOutput? {
        state.withLock { $0.words.append(words.dropFirst().joined(separator: " ")) }
        switch words[1] {
        case "is-active": return CommandOutput(code: words[2] == behaviour.activeUnit ? 0 : 3, output: "")
        case "is-failed": return CommandOutput(code: behaviour.isFailed ? 0 : 1, output: "")
        default: break
        }
        let count = state.withLock { state in
            state.restarts += 1
            let id = Int32(100 + state.restarts)
            state.processes = state.restarts <= behaviour.failingRestarts ? [] : [self.process(id)]
            return state.restarts
        }
        if count > behaviour.failingRestarts { render() }
        return CommandOutput(code: 0, output: "")
    }

    /// The configuration that the runtime reads: its file, or the drop-ins of CRI-O.
    private func effective() -> String {
        let parts = kind == .crio ? folder.list("/etc/crio/crio.conf.d").map { "/etc/crio/crio.conf.d/\($0)" } : []
        return parts.isEmpty ? text(kind.effectiveFile) ?? "" : parts.compactMap { text($0) }.joined(separator: "\n")
    }

    /// Generates the configuration as k3s and MicroK8s do when they start.
    ///
    /// The file `/base.toml` is the base template.
    func render() {
        let template: String? =
            switch kind {
            case .microk8s: text("\(kind.folder)/containerd-template.toml")
            case .k3s, .rke2: text("\(kind.folder)/config-v3.toml.tmpl") ?? text("\(kind.folder)/config.toml.tmpl")
            default: nil
            }
        let base = text("/base.toml") ?? ""
        guard let template = template ?? (base.isEmpty ? nil : base) else { return }
        let made = template.replacing("{{ template \"base\" . }}", with: base)
            .split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("{{") }
            .joined(separator: "\n")
        try? put(made, at: kind.effectiveFile)
    }
}

extension TestNode {
    static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

    /// Copies the files of a fixture to the host.
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

    /// Creates a bundle in the folder `source`, which ``snapshot(withTimes:)`` leaves out.
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

    /// All files, links and folders of the host with mode and content, and optionally the time of change and inode.
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

    /// The code of the error that `work` throws; nil if it throws none.
    func code(_ work: () throws -> Void) -> NodeError.Code? {
        do { try work() } catch { return (error as? NodeError)?.code }
        return nil
    }
}
