/// Finds out what a host is.
struct HostDetector {
    let folder: HostFolder
    let commands: any NodeCommands

    /// Looks at the host.
    ///
    /// - Parameter said: what it is, where the person says so.
    /// - Throws: `host-unknown`, `host-ambiguous`, `host-not-started`, and what is wrong with its configuration.
    func host(_ said: HostKind? = nil) throws(NodeError) -> NodeHost {
        let kind = if let said { said } else { try NodeRecognition(folder: folder, commands: commands).kind() }
        let processes = commands.processes(called: kind.processes).filter(kind.owns)
        let binary = kind.binaries.first(where: folder.exists)
        let version = binary.flatMap { commands.runOnHost([$0, "--version"], timeout: .seconds(20)) }
            .flatMap { $0.code == 0 ? RuntimeVersion(output: $0.output) : nil }
        let dump = dump(kind, binary)
        var made = Made()
        switch kind {
        case .crio: break
        case .k3s, .rke2:
            guard let text = try folder.text(kind.effectiveFile) else { throw Self.notStarted(kind) }
            let tree = try TOMLTree(parsing: text, file: kind.effectiveFile)
            let format = try Self.format(of: tree, file: kind.effectiveFile)
            made = Made(format: format, place: place(kind, tree, format, version), tree: tree)
        case .microk8s, .kind, .containerd:
            let path = kind == .microk8s ? "\(kind.folder)/containerd-template.toml" : kind.effectiveFile
            let tree = try TOMLTree(parsing: folder.text(path) ?? "", file: path)
            made = Made(
                format: try Self.format(of: tree, file: path, fallback: version),
                place: .file(path),
                tree: tree
            )
        }
        return NodeHost(
            kind: kind,
            version: version,
            configVersion: made.format,
            place: made.place,
            dialect: made.format.flatMap { ConfigFormat(containerdVersion: $0) } ?? .crio,
            binary: binary,
            effective: dump ?? made.tree,
            isDumped: dump != nil,
            processes: processes
        )
    }

    /// What a kind's configuration comes to: CRI-O's, unless said otherwise.
    private struct Made {
        var format: Int?
        var place = ConfigurationTarget.dropIns("\(HostKind.crio.folder)/crio.conf.d")
        var tree = TOMLTree.table([:])
    }

    /// The runtime's own account of its configuration.
    func dump(_ kind: HostKind, _ binary: String?) -> TOMLTree? {
        guard let binary, let answer = ask(kind, binary), answer.code == 0 else { return nil }
        return try? TOMLTree(parsing: answer.output, file: "config dump")
    }

    /// Asks the runtime for its configuration, from the files as they are now.
    func ask(_ kind: HostKind, _ binary: String) -> CommandOutput? {
        // Started without its file containerd runs on its defaults, but asked for them it fails (1.6).
        guard kind == .crio || folder.exists(kind.effectiveFile) else { return nil }
        let words = kind == .crio ? ["config"] : ["-c", kind.effectiveFile, "config", "dump"]
        return commands.runOnHost([binary] + words, timeout: .seconds(30))
    }

    private func place(
        _ kind: HostKind,
        _ tree: TOMLTree,
        _ format: Int,
        _ version: RuntimeVersion?
    ) -> ConfigurationTarget {
        let name = format == 2 ? "config.toml" : "config-v3.toml"
        let dropIns = "\(kind.folder)/\(name).d"
        // containerd 1.x lets a file that is taken in replace the main file's plugin table whole.
        let isMerging = format > 2 || (version.map { $0 >= RuntimeVersion(2, 0) } ?? false)
        let isTakenIn = tree[["imports"]]?.strings.contains("\(dropIns)/*.toml") ?? false
        let template = "\(kind.folder)/\(name).tmpl"
        // What an earlier version put into the template stays there: it is one definition too many elsewhere.
        let text = (try? folder.text(template)) ?? ""
        let isTemplateUsed = TextLines(text).lines.contains { Mark($0.text)?.isBegin ?? false }
        return isTakenIn && isMerging && !isTemplateUsed ? .dropIns(dropIns) : .template(template)
    }

    /// The version of a configuration's format.
    private static func format(
        of tree: TOMLTree,
        file: String,
        fallback: RuntimeVersion? = nil
    ) throws(NodeError) -> Int {
        if tree.members?.isEmpty ?? true, let fallback { return fallback < RuntimeVersion(2, 0) ? 2 : 3 }
        let migrate = "convert it: 'containerd config migrate' prints the same configuration in the current version"
        switch tree[["version"]] {
        case .integer(let version) where ConfigFormat(containerdVersion: version) != nil: return version
        case .integer(let version) where version > 4:
            throw NodeError(.configVersion, "\(file): version \(version) is not known", remedy: "update polypod")
        case nil where tree.members?.isEmpty ?? true:
            throw NodeError(
                .configVersion,
                "\(file): there is no configuration, and containerd could not be asked for its version",
                remedy: "write 'version = 2' into it for containerd 1.x, 'version = 3' for 2.x, and install again"
            )
        case nil: throw NodeError(.configVersion, "\(file): has no version, which means 1", remedy: migrate)
        default: throw NodeError(.configVersion, "\(file): has a version before 2", remedy: migrate)
        }
    }

    private static func notStarted(_ kind: HostKind) -> NodeError {
        NodeError(
            .hostNotStarted,
            "\(kind.title) is here, but \(kind.effectiveFile) is not: it was never started",
            remedy: "start it once, so that it writes its configuration, then install again"
        )
    }
}
