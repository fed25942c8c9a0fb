import Foundation
import Testing

@testable import NodeRuntime

/// The restart: when it happens, when it succeeds, and what is restored when it fails.
@Suite(.ownThread) struct RestartTests {
    static let etc = "/etc/containerd/config.toml"

    static func node(_ change: (inout TestNode.Behaviour) -> Void = { _ in }) throws -> TestNode {
        var behaviour = TestNode.Behaviour()
        change(&behaviour)
        let node = try TestNode(behaviour)
        try node.put("version = 2\n", at: etc)
        return node
    }

    @Test func happensOnlyIfTheConfigurationChanges() throws {
        let node = try Self.node()
        try node.install()
        #expect(node.restarts == 1)
        let newer = try node.bundle(.wasmedge, version: "0.15.0", library: "newer")
        let report = try NodeInstaller(folder: node.folder, commands: node)
            .install([.wasmedge], bundles: [.wasmedge: newer])
        #expect(report.plan.bundles.map(\.action) == [.replace] && report.restart == .notNeeded)
        #expect(node.text("/opt/crun-wasmedge/lib/lib.so") == "newer")
        #expect(node.folder.list("/opt") == ["crun-wasmedge"], "no file of the old bundle remains")
        #expect(node.restarts == 1)
    }

    @Test func bundlesAreComparedByteForByte() throws {
        let node = try Self.node()
        try node.install()
        try node.put("bil", at: "/opt/crun-wasmedge/lib/lib.so.0.1")
        #expect(try node.install().plan.bundles.map(\.action) == [.replace], "same size, other bytes")
        try node.put("x", at: "/opt/crun-wasmedge/more")
        #expect(try node.install().plan.bundles.map(\.action) == [.replace], "an additional file")
        chmod(node.root + "/opt/crun-wasmedge/bin/crun", 0o644)
        #expect(try node.install().plan.bundles.map(\.action) == [.replace], "not executable any more")
        #expect(try node.install().plan.isEmpty)
    }

    @Test(arguments: [
        ("no process", NodeError.Code.runtimeDown), ("dies", .rollbackFailed), ("failed", .rollbackFailed),
    ])
    func everythingIsRestoredIfTheRuntimeDoesNotStart(how: String, code: NodeError.Code) throws {
        let node = try Self.node { behaviour in
            behaviour.failingRestarts = how == "no process" ? 1 : 0
            behaviour.isDying = how == "dies"
            behaviour.isFailed = how == "failed"
        }
        let before = node.snapshot()
        let error = #expect(throws: NodeError.self) { try node.install() }
        #expect(error?.code == code && error?.isInstallFailure == true)
        #expect(node.snapshot() == before)
        #expect(node.restarts == 2, "once with the new configuration, once with the old one")
        #expect(node.now >= .seconds(60), "the runtime got its 60 seconds")
    }

    @Test func theOldBundleIsRestoredToo() throws {
        let node = try Self.node { $0.failingRestarts = 2 }
        try node.install(isRestarting: false)
        try node.put("version = 2\n", at: Self.etc)
        let newer = try node.bundle(.wasmedge, version: "0.15.0", library: "newer")
        let before = node.snapshot()
        #expect(
            node.code {
                _ = try NodeInstaller(folder: node.folder, commands: node)
                    .install([.wasmedge], bundles: [.wasmedge: newer])
            } == .rollbackFailed
        )
        #expect(node.snapshot() == before)
    }

    @Test(arguments: [
        ("refuses", "invalid plugin config"),
        ("does not know", "does not know crun-wasmedge (its configuration imports /etc/x.toml"),
    ])
    func aRefusedConfigurationIsRestoredWithoutARestart(how: String, says: String) throws {
        let node = try Self.node { behaviour in
            behaviour.dump = { text in
                guard text.contains("polypod") else { return CommandOutput(code: 0, output: text) }
                guard how == "refuses" else {
                    return CommandOutput(code: 0, output: "version = 2\nimports = [\"/etc/x.toml\"]\n")
                }
                return CommandOutput(code: 1, output: "", errors: "containerd: invalid plugin config\n")
            }
        }
        let before = node.snapshot()
        let error = #expect(throws: NodeError.self) { try node.install() }
        #expect(error?.code == .runtimeRefused && error?.message.contains(says) ?? false)
        #expect(node.snapshot() == before && node.restarts == 0)
    }

    @Test func isLeftOutOrLeftToTheOperator() throws {
        let left = try Self.node()
        #expect(try left.install(isRestarting: false).restart == .leftOut)
        #expect(left.restarts == 0)

        let stopped = try Self.node { $0.isRunning = false }
        #expect(try stopped.install().isUnfinished)
        #expect(try stopped.install().isUnfinished == false, "the second run changes nothing")
        #expect(try stopped.uninstall().isUnfinished)
        #expect(!stopped.folder.exists("/opt/crun-wasmedge"))

        let bare = try Self.node()
        unlink(bare.root + "/usr/bin/systemctl")
        #expect(try bare.install().restart == .byHand(reason: "the host has neither systemctl nor rc-service"))

        let other = try Self.node { $0.activeUnit = "something-else" }
        #expect(try other.install().isUnfinished)
    }

    @Test func usesOpenRCWithoutSystemctl() throws {
        let node = try TestNode(kind: .k3s)
        unlink(node.root + "/usr/bin/systemctl")
        try node.put("", at: "/sbin/rc-service")
        try node.load("k3s-v2")
        // The fake accepts systemd's commands only, so this test compares the commands and not the result.
        _ = try node.install()
        #expect(node.words.prefix(2) == ["k3s status", "k3s restart"])
    }

    @Test func notesAboutTheHost() throws {
        let elsewhere = try Self.node { $0.arguments = ["/usr/bin/containerd", "--config", "/etc/other.toml"] }
        #expect(elsewhere.code { try elsewhere.install() } == .configElsewhere)
        #expect(try elsewhere.status().notes.map(\.code) == ["other-file"])
        let node = try Self.node { _ in }
        unlink(node.root + "/run/dbus/system_bus_socket")
        let table = RuntimeTable(engine: .wasmedge, format: .containerd2, isSystemdCgroup: true)
        let runc = table.lines.map {
            $0.replacing("crun-wasmedge]", with: "runc]").replacing("crun-wasmedge.", with: "runc.")
        }
        try node.put(
            "version = 2\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n" + runc.joined(separator: "\n"),
            at: Self.etc
        )
        #expect(try node.install().notes.map(\.code) == ["no-dbus", "cri-disabled"])
    }

    @Test func aRestartThatWasLeftOutIsMadeLater() throws {
        let node = try Self.node { $0.startTime = 1000 }
        #expect(try node.install(isRestarting: false).notes.isEmpty)
        #expect(try node.status().notes.map(\.code) == ["restart-pending"])
        #expect(node.restarts == 0)
        // The next installation makes the restart.
        let report = try node.install()
        #expect(node.restarts == 1 && report.notes.isEmpty)
        #expect(report.plan.files.isEmpty && !report.plan.isEmpty)
        let byHand = try Self.node { ($0.startTime, $0.activeUnit) = (1000, nil) }
        _ = try byHand.install(isRestarting: false)
        let second = try byHand.install()
        #expect(second.isUnfinished && second.notes.map(\.code) == ["restart-pending"])
        let later = try Self.node { $0.startTime = 1 << 40 }
        try later.install()
        #expect(try later.status().notes.isEmpty)
    }

    @Test func aFileThatCannotBeWrittenLeavesTheHostUnchanged() throws {
        let node = try Self.node()
        try node.put("", at: Self.etc + ".polypod-tmp/in-the-way")
        let before = node.snapshot()
        #expect(node.code { try node.install() } == .notWritable)
        #expect(node.snapshot() == before && node.restarts == 0)
    }

    @Test func aFileThatChangedAfterThePlanIsNotWritten() throws {
        let node = try Self.node()
        let plan = try Planner(folder: node.folder, commands: node)
            .installation(of: [.wasmedge], bundles: [.wasmedge: node.bundle()])
        try node.put("version = 2\n# theirs\n", at: Self.etc)
        var writer = FileWriter(folder: node.folder)
        let error = #expect(throws: NodeError.self) { try writer.write(plan.files) }
        #expect(error?.code == .changedMeanwhile)
        try writer.rollBack()
        #expect(node.text(Self.etc) == "version = 2\n# theirs\n")
        #expect(node.text(Self.etc + ".before-polypod") == nil)
    }

    @Test func olderCRIOGetsNoAllowedAnnotations() throws {
        for (version, isThere) in [("crio version 1.29.4", false), ("crio version 1.30.0", true)] {
            var behaviour = TestNode.Behaviour()
            (behaviour.version, behaviour.activeUnit) = (version, "crio")
            let node = try TestNode(kind: .crio, behaviour)
            try node.load("crio")
            try node.install()
            let text = node.text("/etc/crio/crio.conf.d/60-polypod-crun-wasmedge.conf")
            #expect(text?.contains("allowed_annotations") == isThere)
        }
    }

    @Test(arguments: [
        ("engine", "it is for Wasmtime"), ("machine", "it is for riscv64"), ("crun", "bin/crun is missing"),
        ("version", "no version.json"), ("json", "lacks a field"),
    ])
    func unusableBundles(what: String, says: String) throws {
        let node = try Self.node()
        let bundle = try node.bundle()
        let path = String(bundle.dropFirst(node.root.count)) + "/version.json"
        let text = try #require(node.text(path))
        switch what {
        case "engine": try node.put(text.replacing("\"wasmedge\"", with: "\"wasmtime\""), at: path)
        case "machine": try node.put(text.replacing(BundleVersion.machine, with: "riscv64"), at: path)
        case "crun": unlink(bundle + "/bin/crun")
        case "json": try node.put("{}", at: path)
        default: unlink(bundle + "/version.json")
        }
        let before = node.snapshot()
        let error = #expect(throws: NodeError.self) {
            try NodeInstaller(folder: node.folder, commands: node).install([.wasmedge], bundles: [.wasmedge: bundle])
        }
        #expect(error?.code == .bundleUnusable && error?.message.contains(says) ?? false)
        #expect(node.snapshot() == before)
    }

    @Test func aFolderThatIsNotABundleIsNotReplaced() throws {
        let node = try Self.node()
        try node.put("mine", at: "/opt/crun-wasmedge/data")
        #expect(node.code { try node.install() } == .bundleUnusable)
        #expect(try node.uninstall().notes.map(\.code) == ["folder-of-others"])
        #expect(node.text("/opt/crun-wasmedge/data") == "mine")
    }
}
