import Foundation
import Testing

@testable import NodeRuntime

/// Configurations as they are found, each installed into twice and taken back.
@Suite(.ownThread) struct RoundTripTests {
    struct Case: CustomTestStringConvertible {
        let fixture: String
        let kind: HostKind
        let version: String?
        let unit: String
        let place: ConfigurationTarget
        /// The file that defines the handler afterwards.
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
            place: .file(etc),
            file: etc,
            isSystemdCgroup: true,
            reason: "what 'config default' prints, long, with nested headers"
        ),
        Case(
            fixture: "containerd-debian",
            kind: .containerd,
            version: "containerd github.com/containerd/containerd "
                + "1.6.20~ds1 1.6.20~ds1-1+deb12u3",
            unit: "containerd",
            place: .file(etc),
            file: etc,
            isSystemdCgroup: false,
            reason: "no table of runtimes at all, a distribution's version number"
        ),
        Case(
            fixture: "kind",
            kind: .kind,
            version: new,
            unit: "containerd",
            place: .file(etc),
            file: etc,
            isSystemdCgroup: true,
            reason: "version 2 under containerd 2.x, comments between everything"
        ),
        Case(
            fixture: "containerd-2.2",
            kind: .containerd,
            version: new,
            unit: "containerd",
            place: .file(etc),
            file: etc,
            isSystemdCgroup: false,
            notes: ["image-pull-off"],
            reason: "what 'config default' prints, in single quotes, with use_local_image_pull = false"
        ),
        Case(
            fixture: "eks",
            kind: .containerd,
            version: new,
            unit: "containerd",
            place: .file(etc),
            file: etc,
            isSystemdCgroup: true,
            reason: "the images table has a header: its setting goes behind that"
        ),
        Case(
            fixture: "gke",
            kind: .containerd,
            version: nil,
            unit: "containerd",
            place: .file(etc),
            file: etc,
            isSystemdCgroup: true,
            reason: "containerd cannot be asked; a string over two lines at the end"
        ),
        Case(
            fixture: "k3s-v2",
            kind: .k3s,
            version: old,
            unit: "k3s",
            place: .template("\(k3s)/config.toml.tmpl"),
            file: "\(k3s)/config.toml.tmpl",
            isSystemdCgroup: true,
            reason: "a template is made"
        ),
        Case(
            fixture: "k3s-v3",
            kind: .k3s,
            version: new,
            unit: "k3s-agent",
            place: .template("\(k3s)/config-v3.toml.tmpl"),
            file: "\(k3s)/config-v3.toml.tmpl",
            isSystemdCgroup: true,
            reason: "an agent; use_local_image_pull is set by k3s itself"
        ),
        Case(
            fixture: "k3s-v3-template",
            kind: .k3s,
            version: new,
            unit: "k3s",
            place: .template("\(k3s)/config-v3.toml.tmpl"),
            file: "\(k3s)/config-v3.toml.tmpl",
            isSystemdCgroup: true,
            notes: ["image-pull-missing"],
            reason: "somebody's template gets text behind its own"
        ),
        Case(
            fixture: "k3s-v3-imports",
            kind: .k3s,
            version: new,
            unit: "k3s",
            place: .dropIns("\(k3s)/config-v3.toml.d"),
            file: "\(k3s)/config-v3.toml.d/60-polypod-crun-wasmedge.toml",
            isSystemdCgroup: true,
            reason: "a drop-in, in a folder that is made and goes again"
        ),
        Case(
            fixture: "rke2",
            kind: .rke2,
            version: new,
            unit: "rke2-agent",
            place: .dropIns("\(rke2)/config-v3.toml.d"),
            file: "\(rke2)/config-v3.toml.d/60-polypod-crun-wasmedge.toml",
            isSystemdCgroup: true,
            reason: "a drop-in beside somebody else's, whose folder stays"
        ),
        Case(
            fixture: "microk8s",
            kind: .microk8s,
            version: old,
            unit: "snap.microk8s.daemon-containerd",
            place: .file(microk8s),
            file: microk8s,
            isSystemdCgroup: false,
            reason: "a template that is TOML but for ${...} in strings"
        ),
        Case(
            fixture: "crio",
            kind: .crio,
            version: "crio version 1.33.0\nVersion: 1.33.0",
            unit: "crio",
            place: .dropIns("/etc/crio/crio.conf.d"),
            file: "/etc/crio/crio.conf.d/60-polypod-crun-wasmedge.conf",
            isSystemdCgroup: false,
            reason: "CRI-O's own tables"
        ),
    ]

    static func node(_ item: Case) throws -> TestNode {
        var behaviour = TestNode.Behaviour()
        behaviour.version = item.version
        behaviour.activeUnit = item.unit
        if item.kind == .microk8s { behaviour.program = "/snap/microk8s/7449/bin/containerd" }
        // No program for what goes through templates or is taken in: the fake runtime takes nothing in.
        if item.version == nil || [.k3s, .rke2].contains(item.kind) { behaviour.dump = nil }
        let node = try TestNode(kind: item.kind, behaviour)
        try node.load(item.fixture)
        return node
    }

    @Test(arguments: cases)
    func installedTwiceAndTakenBack(_ item: Case) throws {
        let node = try Self.node(item)
        let original = node.snapshot()

        let first = try node.install()
        #expect(first.plan.host.kind == item.kind && first.plan.host.place == item.place)
        #expect(first.restart == .done(unit: item.unit, time: .zero))
        #expect(node.restarts == 1)
        let unchecked = item.version == nil || item.kind == .rke2 || item.fixture == "k3s-v3-imports"
        #expect(first.notes.map(\.code) == item.notes + (unchecked ? ["unchecked"] : []))
        try expectHandler(node, item)
        #expect(node.text("/opt/crun-wasmedge/lib/lib.so") == "lib", "links stay links")

        let installed = node.snapshot(withTimes: true)
        let second = try node.install()
        #expect(second.plan.isEmpty && second.restart == .notNeeded)
        #expect(node.snapshot(withTimes: true) == installed, "the second time nothing is touched")
        #expect(try node.status().isRight)

        #expect(try node.uninstall().restart == .done(unit: item.unit, time: .zero))
        #expect(node.restarts == 2)
        #expect(node.snapshot() == original, "to the byte")
        #expect(try node.uninstall().plan.isEmpty)
        #expect(try !node.status().isRight)
        #expect(node.restarts == 2)
    }

    private func expectHandler(_ node: TestNode, _ item: Case) throws {
        let host = try HostDetector(folder: node.folder, commands: node).host()
        let table = RuntimeTable(engine: .wasmedge, dialect: host.dialect, isSystemdCgroup: item.isSystemdCgroup)
        if case .template = item.place {
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
