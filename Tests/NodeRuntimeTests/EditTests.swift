import Foundation
import Testing

@testable import NodeRuntime

/// The bytes around Polypod's blocks.
@Suite(.ownThread) struct EditTests {
    static let etc = "/etc/containerd/config.toml"
    static let images = "[plugins.\"io.containerd.cri.v1.images\"]"

    /// Configurations that uninstalling has to restore byte for byte.
    ///
    /// They have version 3, for which the image setting is added too.
    static let texts: [(String, String)] = [
        ("version = 3\n", "the smallest configuration"), ("version = 3", "no line end at the end"),
        ("version = 3\r\n[a]\r\nb = 1\r\n", "CRLF"),
        ("version = 3\r\n[a]\r\nb = 1", "CRLF without a line end at the end"),
        ("\u{FEFF}version = 3\n", "a byte order mark"), ("version = 3\n\n\n", "empty lines at the end"),
        ("version = 3\n\(images)", "a header in the last line, without a line end"),
        ("version = 3\n  \(images) # here\n    snapshotter = \"overlayfs\"\n", "an indented header with a comment"),
        (
            "version = 3\n[plugins.'io.containerd.cri.v1.images'.registry]\nconfig_path = \"\"",
            "only a table below the images table"
        ),
        ("version = 3\nx = '''\n\(images)\n'''\n\(images)\ny = 1\n", "the header also in a string before it"),
        ("version = 3\nx = [\n  [\"plugins\"],\n]\n\(images)\n", "an array that looks like a header"),
        (
            "version = 3\nplugins.\"io.containerd.cri.v1.runtime\".enable_cdi = true\n",
            "dotted keys for a table on the path"
        ),
        (
            "version = 3\nwhen = 2026-01-02T03:04:05Z\nday = 2026-01-02\nx = nan\ny = -0.0\n",
            "dates and special numbers"
        ),
        ("", "an empty file"), ("# only a comment", "a comment without a line end"), (" \n\n", "only white space"),
        ("version = 4\n", "containerd 2.3's version"),
    ]

    static func node() throws -> TestNode {
        var behaviour = TestNode.Behaviour()
        behaviour.version = "containerd github.com/containerd/containerd/v2 v2.2.2 abc"
        return try TestNode(behaviour)
    }

    @Test(arguments: texts)
    func isRestoredByteForByte(text: String, reason: String) throws {
        for engines in [[WasmEngine.wasmedge], [.wasmedge, .wasmtime], [.wasmtime, .wasmedge]] {
            let node = try Self.node()
            try node.put(text, at: Self.etc)
            try node.install(WasmEngine.allCases.filter(engines.contains))
            let tree = try TOMLTree(parsing: node.text(Self.etc) ?? "", file: "")
            #expect(tree[ConfigFormat.imagePull] == .bool(true), "\(reason)")
            #expect(tree.includes(try TOMLTree(parsing: text, file: "")))
            #expect(try node.install(WasmEngine.allCases.filter(engines.contains)).plan.isEmpty)
            for engine in engines { try node.uninstall([engine]) }
            #expect(node.text(Self.etc) == text, "\(reason)")
            #expect(node.text(Self.etc + ".before-polypod") == nil)
        }
    }

    @Test func aFileThatPolypodCreatedIsRemoved() throws {
        for (version, line) in [("containerd x v1.7.2 y", "version = 2"), ("containerd x v2.3.0 y", "version = 3")] {
            var behaviour = TestNode.Behaviour()
            behaviour.version = version
            let node = try TestNode(behaviour)
            try node.makeFolder("/etc/containerd")
            let before = node.snapshot()
            try node.install()
            #expect(node.text(Self.etc)?.contains(line) ?? false)
            try node.uninstall()
            #expect(node.snapshot() == before)
        }
        var behaviour = TestNode.Behaviour()
        behaviour.version = nil
        let node = try TestNode(behaviour)
        #expect(node.code { try node.install() } == .configVersion, "the version of a new file is not known")
    }

    @Test func linesThatOthersAddedToACreatedFileStay() throws {
        let node = try Self.node()
        try node.install()
        try node.put((node.text(Self.etc) ?? "") + "[debug]\nlevel = \"info\"\n", at: Self.etc)
        try node.uninstall()
        #expect(node.text(Self.etc) == "version = 3\n[debug]\nlevel = \"info\"\n", "the other lines need the version")
    }

    @Test(arguments: [
        ("a = 1\n", "a = 2\n", "a changed line before the block"),
        ("a = 1\n", "a = 1\n[b]\n", "a new table before the block"),
    ])
    func editsBetweenInstallAndUninstallStay(line: String, edited: String, reason: String) throws {
        let node = try Self.node()
        try node.put("version = 3\n\(line)", at: Self.etc)
        try node.install()
        let installed = try #require(node.text(Self.etc))
        try node.put(installed.replacing(line, with: edited) + "[end]\nz = 1\n", at: Self.etc)
        #expect(try node.install().plan.isEmpty, "\(reason)")
        let report = try node.uninstall()
        #expect(node.text(Self.etc) == "version = 3\n\(edited)[end]\nz = 1\n")
        #expect(report.notes.map(\.code) == ["backup-kept"])
        #expect(node.text(Self.etc + ".before-polypod") == "version = 3\n\(line)")
    }

    @Test func theBackupHasTheModeOfTheFile() throws {
        let node = try Self.node()
        try node.put("version = 3\npassword = 1\n", at: Self.etc)
        chmod(node.root + Self.etc, 0o600)
        try node.install()
        var status = stat()
        #expect(stat(node.root + Self.etc + ".before-polypod", &status) == 0 && status.st_mode & 0o777 == 0o600)
    }

    @Test func anExistingBackupIsNotChanged() throws {
        let node = try Self.node()
        try node.put("version = 3\n", at: Self.etc)
        try node.put("mine\n", at: Self.etc + ".before-polypod")
        try node.install()
        try node.uninstall()
        #expect(node.text(Self.etc + ".before-polypod") == "mine\n")
        #expect(node.text(Self.etc) == "version = 3\n")
    }

    @Test func aBundleBehindALinkIsCopiedCompletely() throws {
        let node = try Self.node()
        try node.put("version = 3\n", at: Self.etc)
        symlink(node.root + (try node.bundle()).replacing(node.root, with: ""), node.root + "/source/link")
        _ = try NodeInstaller(folder: node.folder, commands: node)
            .install([.wasmedge], bundles: [.wasmedge: node.root + "/source/link"])
        #expect(try node.status().isRight)
        #expect(node.folder.exists("/opt/crun-wasmedge/bin/crun"))
    }

    @Test func aLineAddedAfterATextWithoutLineEnd() throws {
        let node = try Self.node()
        try node.put("version = 3", at: Self.etc)
        try node.install()
        try node.put((node.text(Self.etc) ?? "") + "[end]\n", at: Self.etc)
        try node.uninstall()
        #expect(node.text(Self.etc) == "version = 3\n[end]\n", "the new line needs the added line end")
    }

    @Test func anOldBlockIsUpdated() throws {
        let node = try Self.node()
        try node.put("version = 3\n", at: Self.etc)
        try node.install()
        let right = try #require(node.text(Self.etc))
        let old = right.replacing("  pod_annotations = [\"module.wasm.image/*\"]\n", with: "")
        try node.put(old + "[end]\n", at: Self.etc)
        #expect(try !node.status().isRight)
        try node.install()
        #expect(node.text(Self.etc) == right + "[end]\n")
        #expect(node.text(Self.etc + ".before-polypod") == "version = 3\n", "the first backup stays")
        #expect(node.restarts == 2)
    }

    @Test func aCorrectHandlerOfOthersIsNotChanged() throws {
        let node = try Self.node()
        let table = RuntimeTable(engine: .wasmedge, format: .containerd3)
        let text =
            "version = 3\n" + table.lines.joined(separator: "\n") + "\n\(Self.images)\nuse_local_image_pull = true\n"
        try node.put(text, at: Self.etc)
        let report = try node.install()
        #expect(report.plan.files.isEmpty && report.notes.map(\.code) == ["handler-of-others"])
        #expect(try node.status().isRight && node.restarts == 0)
        try node.uninstall()
        #expect(node.text(Self.etc) == text)
        #expect(node.folder.exists("/opt/crun-wasmedge"), "the other handler needs the bundle")
    }

    @Test func diffsHaveTheFormatOfDiff() {
        let diff = UnifiedDiff.text(from: "a\nb\nc\nd\ne\nf\ng", to: "a\nb\nc\nd\nX\nf\ng\n", path: "/f")
        #expect(
            diff == """
                --- /f
                +++ /f
                @@ -2,6 +2,6 @@
                 b
                 c
                 d
                -e
                +X
                 f
                -g
                \\ No newline at end of file
                +g

                """
        )
        #expect(UnifiedDiff.text(from: nil, to: "a\n", path: "/f") == "--- /dev/null\n+++ /f\n@@ -0,0 +1,1 @@\n+a\n")
        #expect(UnifiedDiff.text(from: "a\n", to: "a\n", path: "/f").isEmpty)
    }
}
