import Foundation
import Testing

@testable import NodeRuntime

/// Configurations of real hosts: install, install again, uninstall.
@Suite(.ownThread) struct RoundTripTests {
    struct Case: CustomTestStringConvertible {
        let fixture: String
        let kind: HostKind
        let version: String?
        let unit: String
        let target: ConfigurationTarget
        /// The file that defines the handler after the installation.
        let file: String
        let isSystemdCgroup: Bool
        var notes: [String] = []
        let reason: String

        var testDescription: String { "\(fixture): \(reason)" }
    }

    static let etc = "/etc/containerd/config.toml"
    static let k3s = HostKind.k3s.folder
    static let rke2 = HostKind.rke2.folder
    static let microk8s = "/var/snap/microk8s/current/args/containerd-template.toml"
    static let old = "containerd github.com/containerd/containerd v1.7.27 05044ec0a9a75232cad458027ca83437aae3f4da"
    static let new = "containerd github.com/containerd/containerd/v2 v2.2.1 dea7da592f5d1d2b7755e3a161be07f43fad8f75"

    static let cases: [Case] = [
        Case(
            fixture: "containerd-1.7",
            kind: .containerd,
            version: old,
            unit: "containerd",
            target: .file(etc),
            file: etc,
            isSystemdCgroup: true,
            reason: "the output of 'config default': long, with nested headers"
        ),
        Case(
            fixture: "containerd-debian",
            kind: .containerd,
            version: "containerd github.com/containerd/containerd "
                + "1.6.20~ds1 1.6.20~ds1-1+deb12u3",
            unit: "containerd",
            target: .file(etc),
            file: etc,
            isSystemdCgroup: false,
            reason: "no table of runtimes, and the version number of a distribution"
        ),
        Case(
            fixture: "kind",
            kind: .kind,
            version: new,
            unit: "containerd",
            target: .file(etc),
            file: etc,
            isSystemdCgroup: true,
            reason: "version 2 with containerd 2.x, many comments"
        ),
        Case(
            fixture: "containerd-2.2",
            kind: .containerd,
            version: new,
            unit: "containerd",
            target: .file(etc),
            file: etc,
            isSystemdCgroup: false,
            notes: ["image-pull-off"],
            reason: "the output of 'config default': single quotes, use_local_image_pull = false"
        ),
        Case(
            fixture: "eks",
            kind: .containerd,
            version: new,
            unit: "containerd",
            target: .file(etc),
            file: etc,
            isSystemdCgroup: true,
            reason: "the images table has a header, after which the setting is added"
        ),
        Case(
            fixture: "gke",
            kind: .containerd,
            version: nil,
            unit: "containerd",
            target: .file(etc),
            file: etc,
            isSystemdCgroup: true,
            reason: "containerd cannot be run; a string of two lines at the end"
        ),
        Case(
            fixture: "k3s-v2",
            kind: .k3s,
            version: old,
            unit: "k3s",
            target: .template("\(k3s)/config.toml.tmpl"),
            file: "\(k3s)/config.toml.tmpl",
            isSystemdCgroup: true,
            reason: "a template is created"
        ),
        Case(
            fixture: "k3s-v3",
            kind: .k3s,
            version: new,
            unit: "k3s-agent",
            target: .template("\(k3s)/config-v3.toml.tmpl"),
            file: "\(k3s)/config-v3.toml.tmpl",
            isSystemdCgroup: true,
            reason: "an agent; use_local_image_pull is set by k3s itself"
        ),
        Case(
            fixture: "k3s-v3-template",
            kind: .k3s,
            version: new,
            unit: "k3s",
            target: .template("\(k3s)/config-v3.toml.tmpl"),
            file: "\(k3s)/config-v3.toml.tmpl",
            isSystemdCgroup: true,
            notes: ["image-pull-missing"],
            reason: "text is appended to an existing template"
        ),
        Case(
            fixture: "k3s-v3-imports",
            kind: .k3s,
            version: new,
            unit: "k3s",
            target: .dropIns("\(k3s)/config-v3.toml.d"),
            file: "\(k3s)/config-v3.toml.d/60-polypod-crun-wasmedge.toml",
            isSystemdCgroup: true,
            reason: "a drop-in in a folder that is created and removed again"
        ),
        Case(
            fixture: "rke2",
            kind: .rke2,
            version: new,
            unit: "rke2-agent",
            target: .dropIns("\(rke2)/config-v3.toml.d"),
            file: "\(rke2)/config-v3.toml.d/60-polypod-crun-wasmedge.toml",
            isSystemdCgroup: true,
            reason: "a drop-in beside another one, so the folder stays"
        ),
        Case(
            fixture: "microk8s",
            kind: .microk8s,
            version: old,
            unit: "snap.microk8s.daemon-containerd",
            target: .file(microk8s),
            file: microk8s,
            isSystemdCgroup: false,
            reason: "a template that is TOML with ${...} in strings"
        ),
        Case(
            fixture: "crio",
            kind: .crio,
            version: "crio version 1.33.0\nVersion: 1.33.0",
            unit: "crio",
            target: .dropIns("/etc/crio/crio.conf.d"),
            file: "/etc/crio/crio.conf.d/60-polypod-crun-wasmedge.conf",
            isSystemdCgroup: false,
            reason: "CRI-O's tables"
        ),
    ]

    static func node(_ item: Case) throws -> TestNode {
        var behaviour = TestNode.Behaviour()
        behaviour.version = item.version
        behaviour.activeUnit = item.unit
        if item.kind == .microk8s { behaviour.program = "/snap/microk8s/7449/bin/containerd" }
        // The fake runtime does not read templates and imports, so these hosts get no program to check with.
        if item.version == nil || [.k3s, .rke2].contains(item.kind) { behaviour.dump = nil }
        let node = try TestNode(kind: item.kind, behaviour)
        try node.load(item.fixture)
        return node
    }

    @Test(arguments: cases)
    func installTwiceAndUninstall(_ item: Case) throws {
        let node = try Self.node(item)
        let original = node.snapshot()

        let first = try node.install()
        #expect(first.plan.host.kind == item.kind && first.plan.host.target == item.target)
        #expect(first.restart == .done(unit: item.unit, time: .zero))
        #expect(node.restarts == 1)
        let unchecked = item.version == nil || item.kind == .rke2 || item.fixture == "k3s-v3-imports"
        #expect(first.notes.map(\.code) == item.notes + (unchecked ? ["unchecked"] : []))
        try expectHandler(node, item)
        #expect(node.text("/opt/crun-wasmedge/lib/lib.so") == "lib", "links stay links")

        let installed = node.snapshot(withTimes: true)
        let second = try node.install()
        #expect(second.plan.isEmpty && second.restart == .notNeeded)
        #expect(node.snapshot(withTimes: true) == installed, "the second run writes nothing")
        #expect(try node.status().isRight)

        #expect(try node.uninstall().restart == .done(unit: item.unit, time: .zero))
        #expect(node.restarts == 2)
        #expect(node.snapshot() == original, "restored byte for byte")
        #expect(try node.uninstall().plan.isEmpty)
        #expect(try !node.status().isRight)
        #expect(node.restarts == 2)
    }

    private func expectHandler(_ node: TestNode, _ item: Case) throws {
        let host = try HostDetector(folder: node.folder, commands: node).detect()
        let table = RuntimeTable(engine: .wasmedge, format: host.format, isSystemdCgroup: item.isSystemdCgroup)
        if case .template = item.target {
            let made = try TOMLTree(parsing: node.text(item.kind.effectiveFile) ?? "", file: "")
            let base = try TOMLTree(parsing: node.text("/base.toml") ?? "", file: "")
            #expect(made[table.path] == table.value)
            #expect(made.includes(base))
        } else {
            #expect(try TOMLTree(parsing: node.text(item.file) ?? "", file: "")[table.path] == table.value)
        }
    }

    @Test(arguments: cases)
    func bothEnginesInEitherOrder(_ item: Case) throws {
        for order in [[WasmEngine.wasmedge, .wasmtime], [.wasmtime, .wasmedge]] {
            let node = try Self.node(item)
            let original = node.snapshot()
            try node.install([.wasmedge, .wasmtime])
            #expect(node.restarts == 1, "one restart for both")
            #expect(try node.status([.wasmedge, .wasmtime]).isRight)
            try node.uninstall([order[0]])
            #expect(try node.status([order[1]]).isRight)
            #expect(try !node.status([order[0]]).isRight)
            try node.uninstall([order[1]])
            #expect(node.snapshot() == original)
        }
    }
}
