import ArgumentParser
import Foundation
import JSON
import NodeRuntime
import PodAdmission
import Testing

@testable import polypod

@Suite("Node command")
struct NodeCommandTests {
    let terminal = Terminal(plainOfWidth: 80)

    /// A host whose programs cannot be run and whose processes are not visible.
    struct NoCommands: HostCommands {
        func runOnHost(_ words: [String], timeout: Duration) -> CommandOutput? { nil }
        func run(beside process: RuntimeProcess, _ words: [String], timeout: Duration) -> CommandOutput? { nil }
        func isListening(at path: String) -> Bool { false }
        func processes(called names: Set<String>) -> [RuntimeProcess] { [] }
        var now: Duration { .zero }
        func sleep(for duration: Duration) {}
    }

    /// Calls `work` with a temporary host that has a configuration, and with a bundle.
    private func withHost(_ work: (_ folder: HostFolder, _ bundle: String) throws -> Void) throws {
        let root = NSTemporaryDirectory() + "/node-" + UUID().uuidString.prefix(8)
        defer { try? FileManager.default.removeItem(atPath: root) }
        let version = """
            {"engine":"wasmedge","engineVersion":"0.14.1","crun":"1.21","patches":["exit-code"],\
            "architecture":"\(BundleVersion.machine)","plugins":[]}
            """
        let files = [
            "/etc/containerd/config.toml": "version = 2\n", "/bundle/bin/crun": "#!", "/bundle/version.json": version,
        ]
        for (path, text) in files {
            let url = URL(filePath: root + path)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(text.utf8).write(to: url)
        }
        chmod(root + "/bundle/bin/crun", 0o755)
        try work(HostFolder(root: root), root + "/bundle")
    }

    @Test func planShowsTheChangesAndMakesNone() throws {
        try withHost { folder, bundle in
            let planner = Planner(folder: folder, commands: NoCommands())
            let plan = try planner.installation(of: [.wasmedge], bundles: [.wasmedge: bundle])
            let lines = plan.text(for: terminal).split(separator: "\n").map(String.init)
            #expect(
                lines.prefix(8) == [
                    "host          containerd of unknown version, config version 2, /etc/containerd/config.toml",
                    "bundle        crun 1.21 (+exit-code), WasmEdge 0.14.1, 1 kB, copy to /opt/crun-wasmedge",
                    "config        /etc/containerd/config.toml, change",
                    "backup        /etc/containerd/config.toml.before-polypod, create",
                    "restart       by hand: no process of containerd is visible from here",
                    "--- /etc/containerd/config.toml", "+++ /etc/containerd/config.toml", "@@ -1,1 +1,10 @@",
                ]
            )
            #expect(lines.contains("+    BinaryName = \"/opt/crun-wasmedge/bin/crun\""))
            #expect(!folder.exists("/opt"))
            let json = plan.json.object
            #expect(json?["restart"]?.object?["byHand"] != nil && json?["empty"] == .bool(false))
        }
    }

    @Test func textsOfInstallStatusAndUninstall() throws {
        try withHost { folder, bundle in
            let commands = NoCommands()
            let planner = Planner(folder: folder, commands: commands)
            let installer = NodeInstaller(folder: folder, commands: commands)
            let before = try planner.status(of: [.wasmedge])
            #expect(
                !before.isRight
                    && before.text(for: terminal).contains("crun-wasmedge not installed, or not correctly\n")
            )
            let report = try installer.install([.wasmedge], bundles: [.wasmedge: bundle])
            #expect(report.isUnfinished)
            #expect(
                report.text(for: terminal).contains(
                    "restart       restart containerd by hand: no process of containerd"
                )
            )
            #expect(report.text(for: terminal).hasSuffix("crun-wasmedge: installed\n"))
            let again = try installer.install([.wasmedge], bundles: [.wasmedge: bundle])
            #expect(!again.isUnfinished)
            #expect(again.text(for: terminal).hasSuffix("crun-wasmedge: already installed, nothing changed\n"))
            let status = try planner.status(of: [.wasmedge])
            #expect(status.isRight && status.json.object?["right"] == .bool(true))
            #expect(status.text(for: terminal).contains("  config      /etc/containerd/config.toml, correct\n"))
            _ = try installer.uninstall([.wasmedge])
            let end = try installer.uninstall([.wasmedge])
            #expect(end.text(for: terminal).hasSuffix("crun-wasmedge: was not installed\n"))
        }
    }

    @Test(arguments: [
        (["--engine", "wasmtime", "--engine", "wasmedge", "--engine", "wasmtime"], [WasmEngine.wasmedge, .wasmtime]),
        ([], [.wasmedge]),
    ])
    func eachEngineIsUsedOnce(arguments: [String], engines: [WasmEngine]) throws {
        let command = try NodeInstallCommand.parse(arguments)
        #expect(command.node.engines == engines && command.node.root == "/host")
    }

    @Test(arguments: [
        ["--engine", "v8"], ["--host", "nomad"], ["--engine", "wasmedge", "--engine", "wasmer", "--bundle", "/b"],
    ])
    func wrongOptionsAreRefused(arguments: [String]) {
        #expect(throws: (any Error).self) { _ = try NodeInstallCommand.parse(arguments) }
    }

    @Test func errorsHaveTheDocumentedExitCodes() {
        let root = NSTemporaryDirectory() + "/nothing-" + UUID().uuidString
        let error = #expect(throws: ExitCode.self) {
            try NodeStatusCommand.parse(["--root", root]).run()
        }
        #expect(error == ExitCode(2))
        for code in NodeError.Code.allCases {
            let failed: Set<NodeError.Code> = [.runtimeDown, .runtimeRefused, .rollbackFailed]
            #expect(NodeError(code, "", remedy: "").isInstallFailure == failed.contains(code))
        }
    }
}
