import Foundation
import Testing

@testable import NodeRuntime

/// Configurations that cannot be edited and unusual files, which lead to an error and no change.
@Suite(.ownThread) struct HostileTests {
    struct Case: CustomTestStringConvertible {
        let text: String
        let code: NodeError.Code
        /// A text in the message.
        let says: String
        let reason: String

        init(_ text: String, _ code: NodeError.Code, says: String = "config.toml", _ reason: String) {
            (self.text, self.code, self.says, self.reason) = (text, code, says, reason)
        }

        var testDescription: String { reason }
    }

    static let etc = "/etc/containerd/config.toml"
    static let cri = "plugins.\"io.containerd.grpc.v1.cri\""

    static let cases: [Case] = [
        Case("version = 2\n[plugins\n", .configSyntax, says: "config.toml:2:", "a header without a closing bracket"),
        Case("version = 2\n[.a]\n", .configSyntax, says: "config.toml:2:", "a header that starts with a dot"),
        Case("version = 2\n\n[[ é]]\n", .configSyntax, says: "config.toml:3:", "a header that starts with no key"),
        Case("version = 2\n[[[a]]]\n", .configSyntax, says: "config.toml:2:", "a header with three brackets"),
        Case(
            "version = 2\na = 2026-01-02T:03:04:05\n",
            .configSyntax,
            says: "config.toml:2:",
            "a date with half a time"
        ),
        Case("version = 2\na = [2026-01-02 9, 1]\n", .configSyntax, says: "config.toml:2:", "a digit beside a date"),
        Case(
            "version = 2\na = [2026-01-0\\ 9 ]\n",
            .configSyntax,
            says: "config.toml:2:",
            "a digit beside what is no date"
        ),
        Case("version = 2\na = 1\na = 2\n", .configSyntax, says: "config.toml:3:", "a key twice"),
        Case("version = 2\n[a]\n[a]\n", .configSyntax, says: "config.toml:3:", "a table twice"),
        Case("version = 2\na = 99999999999999999999\n", .configSyntax, says: "config.toml:2:", "an integer too large"),
        Case("version = 2\na = 2026-13-45\n", .configSyntax, says: "config.toml:2:", "an invalid date"),
        Case("version = 2\na = \"\u{1}\"\n", .configSyntax, says: "config.toml:2:", "a control character"),
        Case("version = 2\n# \0\nx = ]\n", .configSyntax, "a NUL, at which the parser would stop"),
        Case("version = 2\na = " + String(repeating: "[", count: 5000), .configSyntax, "5000 open brackets"),
        Case("version = 2\n\"a\\u0000b\" = 1\n", .configSyntax, "a key with an escaped NUL"),
        Case(
            "version = 2\n" + Array(repeating: "a", count: 20_000).joined(separator: ".") + " = 1\n",
            .configSyntax,
            says: "deep",
            "a key with so many parts that the stack would overflow"
        ),
        Case(
            "version = 2\nx = '''\n# polypod: begin version\nhello\n# polypod: end version\n'''\n",
            .markersDamaged,
            says: "string",
            "Polypod's comments in a string"
        ),
        Case("version = 1\n", .configVersion, "version 1"),
        Case("[plugins.cri]\n", .configVersion, says: "no version", "no version, which means version 1"),
        Case("disabled_plugins = [\"cri\"]\n", .configVersion, says: "no version", "the file in Docker's package"),
        Case("version = 9\n", .configVersion, says: "9", "a later version"),
        Case("version = \"2\"\n", .configVersion, "a version that is not a number"),
        Case(
            "version = 2\n[\(cri).containerd.runtimes.crun-wasmedge]\nruntime_type = \"io.containerd.runc.v2\"\n",
            .handlerTaken,
            "a handler without the annotations"
        ),
        Case(
            "version = 2\n[\(cri).containerd.runtimes.'crun-wasmedge'.options]\nBinaryName = \"/usr/bin/crun-wasmedge\"\n",
            .handlerTaken,
            "a handler in other quotes"
        ),
        Case(
            "version = 2\n[\(cri).containerd]\nruntimes.crun-wasmedge.runtime_type = \"x\"\n",
            .handlerTaken,
            "a handler with dotted keys"
        ),
        Case(
            "version = 2\n[\(cri)]\ncontainerd = { runtimes = { runc = { runtime_type = \"io.containerd.runc.v2\" } } }\n",
            .tableClosed,
            says: "\(cri).containerd is",
            "an inline table on the path"
        ),
        Case("version = 2\nplugins = {}\n", .tableClosed, says: "plugins is", "an inline table at the root"),
        Case("version = 2\n[\(cri)]\ncontainerd = 5\n", .tableClosed, "a number in place of a table"),
        Case("version = 2\n[[plugins]]\n", .tableClosed, "an array of tables"),
        Case(
            "version = 2\n# polypod: begin crun-wasmedge\n[a]\n",
            .markersDamaged,
            says: ":2:",
            "a block without its end"
        ),
        Case(
            "version = 2\n# polypod: end crun-wasmedge\n",
            .markersDamaged,
            says: ":2:",
            "a block without its beginning"
        ),
        Case(
            "version = 2\n# polypod: begin crun-wasmedge\n# polypod: begin images\n# polypod: end images\n",
            .markersDamaged,
            says: ":3:",
            "a block in a block"
        ),
        Case(
            "version = 2\n# polypod: begin crun-wasmedge\n# polypod: end crun-wasmedge\n"
                + "# polypod: begin crun-wasmedge\n# polypod: end crun-wasmedge\n",
            .markersDamaged,
            says: ":5:",
            "a block twice"
        ),
        Case(
            "version = 2\n# polypod: begin crun-wasmedge\n[metrics]\naddress = \"x\"\n# polypod: end crun-wasmedge\n",
            .editRefused,
            "another table between Polypod's comments"
        ),
    ]

    @Test(arguments: cases)
    func isRefusedWithoutAChange(_ item: Case) throws {
        let node = try TestNode()
        try node.put(item.text, at: Self.etc)
        let before = node.snapshot(withTimes: true)
        let error = #expect(throws: NodeError.self) { try node.install() }
        #expect(error?.code == item.code)
        #expect(error?.message.contains(item.says) ?? false, "\(error?.message ?? "")")
        #expect(error?.isInstallFailure == false)
        #expect(node.snapshot(withTimes: true) == before)
        #expect(node.restarts == 0)
    }

    @Test func filesThatAreNotText() throws {
        let node = try TestNode()
        try node.makeFolder("/etc/containerd")
        try Data([0x76, 0xFF, 0xFE]).write(to: URL(filePath: node.root + Self.etc))
        #expect(node.code { try node.install() } == .configUnreadable)
        #expect(truncate(node.root + Self.etc, 5 << 20) == 0)
        #expect(node.code { try node.install() } == .configUnreadable, "too large")
        #expect(unlink(node.root + Self.etc) == 0 && mkfifo(node.root + Self.etc, 0o600) == 0)
        #expect(node.code { try node.install() } == .configUnreadable, "a pipe, which is not read")
    }

    @Test(arguments: [
        ("../../../../../../etc/real.toml", "/etc/real.toml", "more .. than folders above"),
        ("/etc/real.toml", "/etc/real.toml", "an absolute link, which starts at the host's root"),
        ("../../opt/link", "/etc/real.toml", "a link to a link"),
    ])
    func linksStayAndDoNotLeaveTheHost(target: String, file: String, reason: String) throws {
        let node = try TestNode()
        try node.put("version = 2\n", at: file)
        try node.makeFolder("/etc/containerd")
        #expect(symlink("/etc/real.toml", node.root + "/opt/link") == 0)
        #expect(symlink(target, node.root + Self.etc) == 0)
        let before = node.snapshot()
        try node.install()
        #expect(node.text(file)?.contains("crun-wasmedge") ?? false, "\(reason)")
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: node.root + Self.etc) == target)
        #expect(node.text(file + ".before-polypod") == "version = 2\n", "the backup is in the folder of the target")
        try node.uninstall()
        #expect(node.snapshot() == before)
    }

    @Test func aLoopOfLinks() throws {
        let node = try TestNode()
        try node.makeFolder("/etc/containerd")
        #expect(symlink("config.toml", node.root + Self.etc) == 0)
        #expect(node.code { try node.install() } == .configUnreadable)
    }

    @Test func modeAndOwnerStay() throws {
        let node = try TestNode()
        try node.put("version = 2\n", at: Self.etc)
        #expect(chmod(node.root + Self.etc, 0o440) == 0)
        if geteuid() == 0 { #expect(chown(node.root + Self.etc, 12, 34) == 0) }
        let before = try node.folder.read(Self.etc)
        try node.install()
        let after = try node.folder.read(Self.etc)
        #expect(after?.mode == 0o440 && after?.owner == before?.owner && after?.group == before?.group)
    }

    @Test func unsuitableHosts() throws {
        let node = try TestNode()
        #expect(unlink(node.root + HostKind.containerd.binaries[0]) == 0)
        #expect(node.code { try node.install() } == .hostUnknown)
        try node.makeFolder(HostKind.k3s.folder)
        #expect(node.code { try node.install() } == .hostNotStarted)
        try node.makeFolder(HostKind.rke2.folder)
        let error = #expect(throws: NodeError.self) { try node.install() }
        #expect(error?.code == .hostAmbiguous && error?.message.contains("k3s, RKE2") ?? false)
        let nowhere = HostFolder(root: node.root + "/nowhere")
        #expect(
            node.code { _ = try NodeInstaller(folder: nowhere, commands: node).install([.wasmedge]) } == .hostUnknown
        )
    }

    @Test func handlersOfOthersInDropInsAndTemplates() throws {
        let node = try RoundTripTests.node(RoundTripTests.cases[9])
        let theirs = "\(HostKind.k3s.folder)/config-v3.toml.d/10-theirs.toml"
        let table = RuntimeTable(engine: .wasmedge, format: .containerd3, isSystemdCgroup: true)
        try node.put("[\(TOMLTree.header(table.path))]\nruntime_type = \"x\"\n", at: theirs)
        let error = #expect(throws: NodeError.self) { try node.install() }
        #expect(error?.code == .handlerTaken && error?.message.contains(theirs) ?? false)
        try node.put(table.lines.joined(separator: "\n"), at: theirs)
        #expect(try node.install().notes.map(\.code).first == "handler-of-others")

        let other = try RoundTripTests.node(RoundTripTests.cases[8])
        let template = "\(HostKind.k3s.folder)/config-v3.toml.tmpl"
        try other.put("{{ template \"base\" . }}\n[plugins.x.containerd.runtimes.'crun-wasmedge']\n", at: template)
        #expect(other.code { try other.install() } == .handlerTaken)
        let own = "\(HostKind.k3s.folder)/config-v3.toml.d/60-polypod-crun-wasmedge.toml"
        try node.put("# mine\n", at: own)
        unlink(node.root + theirs)
        #expect(node.code { try node.install() } == .handlerTaken, "a file of the same name without Polypod's heading")
    }

    @Test func aTemplateFromBeforeAnUpgradeIsUsedAndRemoved() throws {
        let node = try RoundTripTests.node(RoundTripTests.cases[7])
        let before = node.snapshot()
        try node.install()
        let base = try #require(node.text("/base.toml"))
        let dropIns = "\(HostKind.k3s.folder)/config-v3.toml.d"
        let upgraded = base.replacing("version = 3\n", with: "version = 3\nimports = [\"\(dropIns)/*.toml\"]\n")
        try node.put(upgraded, at: "/base.toml")
        node.render()
        #expect(try node.install().plan.isEmpty, "the template is still used")
        try node.put(base, at: "/base.toml")
        try node.uninstall()
        #expect(node.snapshot() == before)
    }

    @Test func theRunningRuntimeIsUsedIfThereAreTwo() throws {
        let node = try TestNode()
        try node.put("version = 2\n", at: Self.etc)
        try node.makeFolder("/etc/crio")
        #expect(try node.install().plan.host.kind == .containerd, "containerd runs, CRI-O does not")
    }

    @Test func onlyOneInstallerRunsAtATime() throws {
        let node = try TestNode()
        try node.put("version = 2\n", at: Self.etc)
        let lock = try InstallerLock(node.folder)
        defer { _ = lock }
        #expect(node.code { try node.install() } == .locked)
        #expect(node.code { try node.uninstall() } == .locked)
        #expect(try !node.status().isRight, "status needs no lock")
    }

    /// A program that another thread starts holds a copy of each descriptor until it calls exec.
    @Test func theLockIsReleasedWhileACopyOfItsDescriptorIsOpen() throws {
        let node = try TestNode()
        let copy: Int32
        do {
            let lock = try InstallerLock(node.folder)
            defer { _ = lock }
            copy = dup(try #require(Self.descriptor(of: node.root)))
        }
        defer { close(copy) }
        #expect(node.code { _ = try InstallerLock(node.folder) } == nil)
    }

    /// The open descriptor of a folder in this process.
    private static func descriptor(of folder: String) -> Int32? {
        var (wanted, status) = (stat(), stat())
        guard stat(folder, &wanted) == 0 else { return nil }
        return (0..<1024).first { descriptor in
            fstat(descriptor, &status) == 0 && status.st_dev == wanted.st_dev && status.st_ino == wanted.st_ino
        }
    }
}
