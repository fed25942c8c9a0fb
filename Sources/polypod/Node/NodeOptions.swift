import ArgumentParser
import Foundation
import NodeRuntime

/// What all commands on nodes take.
struct NodeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The root of the host's file system.", valueName: "folder"))
    var root = "/host"

    @Option(
        help: "The Wasm engine: wasmedge (the default), wasmtime or wasmer; may be given again.",
        transform: { try word($0, "--engine", of: WasmEngine.self) }
    )
    var engine: [WasmEngine] = []

    @Option(
        help: "What the host is, where several runtimes are on it: k3s, rke2, microk8s, crio, kind or containerd.",
        transform: { try word($0, "--host", of: HostKind.self) }
    )
    var host: HostKind?

    private static func word<Word: CaseIterable & RawRepresentable<String>>(
        _ text: String,
        _ option: String,
        of type: Word.Type
    ) throws -> Word {
        if let word = Word(rawValue: text) { return word }
        throw ValidationError("\(option) takes one of \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
    }

    func validate() throws {
        if root.isEmpty { throw ValidationError("--root takes a folder; / is the host's own") }
    }

    /// The engines, each once.
    var engines: [WasmEngine] {
        engine.isEmpty ? [.wasmedge] : WasmEngine.allCases.filter(engine.contains)
    }

    /// The host's file system.
    private var folder: HostFolder {
        let here = FileManager.default.currentDirectoryPath
        return HostFolder(root: root.hasPrefix("/") ? root : "\(here)/\(root)")
    }

    /// Has the node changed.
    func perform(_ work: (NodeInstaller) throws -> NodeReport) throws -> NodeReport {
        // An installation ends or is taken back, whoever asks for its end meanwhile. With a handler, and not ignored, since
        // programs that are started here would go on ignoring the signals.
        for number in [SIGTERM, SIGINT, SIGHUP] { signal(number) { _ in } }
        defer { for number in [SIGTERM, SIGINT, SIGHUP] { signal(number, SIG_DFL) } }
        return try Self.explain { try work(NodeInstaller(folder: folder, commands: SystemCommands(host: folder))) }
    }

    /// Has the node looked at.
    func plan<Result>(_ work: (Planner) throws -> Result) throws -> Result {
        try Self.explain { try work(Planner(folder: folder, commands: SystemCommands(host: folder))) }
    }

    /// Says what is wrong and ends with the documented exit code.
    private static func explain<Result>(_ work: () throws -> Result) throws -> Result {
        do { return try work() } catch let error as NodeError {
            let terminal = Terminal.standardError
            terminal.write("polypod: \(error.message) [\(error.code.rawValue)]\n  \(terminal.arrow) \(error.remedy)\n")
            throw ExitCode(error.isInstallFailure ? 1 : 2)
        }
    }
}

/// Where bundles come from.
struct NodeBundleOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The bundle to install; with one engine only. (default: /opt/crun-ENGINE beside this program)",
            valueName: "folder"
        )
    )
    var bundle: String?

    func validate(for node: NodeOptions) throws {
        guard bundle == nil || node.engines.count == 1 else { throw ValidationError("--bundle takes one --engine") }
    }

    /// The folder for each engine that has one of its own.
    func folders(for node: NodeOptions) -> [WasmEngine: String] {
        guard let bundle, let engine = node.engines.first else { return [:] }
        return [engine: bundle]
    }
}
