import ArgumentParser
import Foundation
import NodeRuntime

/// The options of all `node` commands.
struct NodeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The root of the host's file system.", valueName: "folder"))
    var root = "/host"

    @Option(
        help: "The Wasm engine: wasmedge (the default), wasmtime or wasmer; may be repeated.",
        transform: { try word($0, "--engine", of: WasmEngine.self) }
    )
    var engine: [WasmEngine] = []

    @Option(
        help: "The runtime of a host that has several: k3s, rke2, microk8s, crio, kind or containerd.",
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
        if root.isEmpty { throw ValidationError("--root takes a folder; on the host itself it is /") }
    }

    /// The engines of `--engine`, each once.
    var engines: [WasmEngine] {
        engine.isEmpty ? [.wasmedge] : WasmEngine.allCases.filter(engine.contains)
    }

    private var folder: HostFolder {
        let here = FileManager.default.currentDirectoryPath
        return HostFolder(root: root.hasPrefix("/") ? root : "\(here)/\(root)")
    }

    /// Changes the node, with the signals that would end this process ignored until `work` returns.
    ///
    /// - Parameter work: The installation or removal.
    /// - Returns: The report of `work`.
    /// - Throws: `ExitCode` after a `NodeError`, which has been printed.
    func withInstaller(_ work: (NodeInstaller) throws -> NodeReport) throws -> NodeReport {
        // A signal must not end an installation halfway. The handler does nothing; SIG_IGN would be inherited by the
        // programs that are started here.
        for number in [SIGTERM, SIGINT, SIGHUP] { signal(number) { _ in } }
        defer { for number in [SIGTERM, SIGINT, SIGHUP] { signal(number, SIG_DFL) } }
        return try Self.explain { try work(NodeInstaller(folder: folder, commands: SystemCommands(host: folder))) }
    }

    /// Reads the node.
    ///
    /// - Parameter work: The plan or the status.
    /// - Returns: The result of `work`.
    /// - Throws: `ExitCode` after a `NodeError`, which has been printed.
    func withPlanner<Result>(_ work: (Planner) throws -> Result) throws -> Result {
        try Self.explain { try work(Planner(folder: folder, commands: SystemCommands(host: folder))) }
    }

    /// Prints a `NodeError` and throws the documented exit code instead.
    private static func explain<Result>(_ work: () throws -> Result) throws -> Result {
        do { return try work() } catch let error as NodeError {
            let terminal = Terminal.standardError
            terminal.write("polypod: \(error.message) [\(error.code.rawValue)]\n  \(terminal.arrow) \(error.remedy)\n")
            throw ExitCode(error.isInstallFailure ? 1 : 2)
        }
    }
}

/// The option for the folder of a bundle.
struct NodeBundleOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The bundle to install, for a single engine. (default: /opt/crun-ENGINE in this program's file system)",
            valueName: "folder"
        )
    )
    var bundle: String?

    /// Checks that `--bundle` is used with one engine.
    ///
    /// - Throws: `ValidationError`.
    func validate(for node: NodeOptions) throws {
        guard bundle == nil || node.engines.count == 1 else {
            throw ValidationError("--bundle can be used with one --engine only")
        }
    }

    /// The folder of `--bundle` with its engine; empty without the option.
    func folders(for node: NodeOptions) -> [WasmEngine: String] {
        guard let bundle, let engine = node.engines.first else { return [:] }
        return [engine: bundle]
    }
}
