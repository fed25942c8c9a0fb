import Foundation
import Synchronization

@testable import NodeRuntime

/// A host in a folder of its own: its files are real, its programs and its time are not.
final class TestNode: NodeCommands {
    /// What the fake machine does.
    struct Behaviour: Sendable {
        /// What the runtime says of its version; nil for a program that cannot be run.
        var version: String? = "containerd github.com/containerd/containerd v1.7.27 05044ec"
        /// What it dumps, of the file it is asked for; nil for a program that cannot be run.
        var dump: (@Sendable (String) -> CommandOutput?)? = { CommandOutput(code: 0, output: $0) }
        /// Whether the first restarts bring up no process.
        var failingRestarts = 0
        /// Whether the process is gone two seconds after it came.
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

    /// Writes a file, and the folders above it.
    func put(_ text: String, at path: String) throws {
        try makeFolder(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
        try Data(text.utf8).write(to: URL(filePath: root + path))
    }

    func text(_ path: String) -> String? { (try? folder.text(path)) ?? nil }

    var restarts: Int { state.withLock { $0.restarts } }
    var words: [String] { state.withLock { $0.words } }

    // MARK: NodeCommands

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

    /// What the runtime would read: its file, with CRI-O's drop-ins.
    private func effective() -> String {
        let parts = kind == .crio ? folder.list("/etc/crio/crio.conf.d").map { "/etc/crio/crio.conf.d/\($0)" } : []
        return parts.isEmpty ? text(kind.effectiveFile) ?? "" : parts.compactMap { text($0) }.joined(separator: "\n")
    }

    /// What k3s and MicroK8s do when they start: `{{ template "base" . }}` stands for what they made at first.
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
