/// Detects the container runtime of a host and reads its configuration.
struct HostDetector {
    let folder: HostFolder
    let commands: any HostCommands

    /// Reads the host's files and runs the runtime's program.
    ///
    /// - Parameter kind: The kind of the host, if the operator has set it; otherwise it is detected.
    /// - Returns: The host as it is now.
    /// - Throws: `host-unknown`, `host-ambiguous`, `host-not-started`, or the fault of the configuration file:
    ///   `config-unreadable`, `config-syntax`, `config-version`.
    func detect(_ kind: HostKind? = nil) throws(NodeError) -> NodeHost {
        let kind = if let kind { kind } else { try detectKind() }
        let binary = kind.binaries.first(where: folder.exists)
        let program = binary.map { RuntimeProgram(kind: kind, path: $0, folder: folder, commands: commands) }
        let processes = commands.processes(of: kind)
        let version = program?.version()
        let dump = dump(program)
        let configuration = try configuration(kind, version)
        return NodeHost(
            kind: kind,
            version: version,
            configVersion: configuration.version,
            target: configuration.target,
            format: configuration.version.flatMap { ConfigFormat(containerdVersion: $0) } ?? .crio,
            binary: binary,
            effective: dump ?? configuration.tree,
            isDumped: dump != nil,
            processes: processes
        )
    }

    /// Finds the kind of the host by its files, and by its processes if the files fit several kinds.
    private func detectKind() throws(NodeError) -> HostKind {
        let found = HostKind.allCases.filter { kind in kind.evidence.contains(where: folder.exists) }
        let containerds: [HostKind] = [.kind, .containerd]
        // If there is a distribution, the kubelet uses its containerd. Another one can belong to Docker.
        var candidates = found.filter { !containerds.contains($0) }
        if candidates.isEmpty || candidates == [.crio] {
            if let plain = found.contains(.containerd) ? containerds.first(where: found.contains) : nil {
                candidates.append(plain)
            }
        }
        if candidates.count > 1 {
            let running = candidates.filter { !commands.processes(of: $0).isEmpty }
            if running.count == 1 { candidates = running }
        }
        guard let kind = candidates.first else {
            throw NodeError(
                .hostUnknown,
                "\(folder.local("/")): found no containerd, CRI-O, k3s, RKE2 or MicroK8s",
                remedy: "set --root to the root of the host's file system"
            )
        }
        guard candidates.count == 1 else {
            throw NodeError(
                .hostAmbiguous,
                "the host has several runtimes: \(candidates.map(\.title).joined(separator: ", "))",
                remedy: "set --host to the one that the kubelet uses, such as --host \(kind.rawValue)"
            )
        }
        return kind
    }

    /// The configuration that the runtime's program prints; nil if it cannot be run or fails.
    private func dump(_ program: RuntimeProgram?) -> TOMLTree? {
        guard let result = program?.dumpConfiguration(), result.code == 0 else { return nil }
        return try? TOMLTree(parsing: result.output, file: "config dump")
    }

    /// The configuration in the host's files; the default is CRI-O's.
    private struct Configuration {
        var version: Int?
        var target = ConfigurationTarget.dropIns("\(HostKind.crio.folder)/crio.conf.d")
        var tree = TOMLTree.table([:])
    }

    private func configuration(_ kind: HostKind, _ version: RuntimeVersion?) throws(NodeError) -> Configuration {
        switch kind {
        case .crio: return Configuration()
        case .k3s, .rke2:
            guard let text = try folder.text(kind.effectiveFile) else { throw Self.notStarted(kind) }
            let tree = try TOMLTree(parsing: text, file: kind.effectiveFile)
            let number = try Self.configVersion(of: tree, file: kind.effectiveFile)
            return Configuration(version: number, target: target(kind, tree, number, version), tree: tree)
        case .microk8s, .kind, .containerd:
            let path = kind == .microk8s ? "\(kind.folder)/containerd-template.toml" : kind.effectiveFile
            let tree = try TOMLTree(parsing: folder.text(path) ?? "", file: path)
            let number = try Self.configVersion(of: tree, file: path, fallback: version)
            return Configuration(version: number, target: .file(path), tree: tree)
        }
    }

    /// The target on a k3s or RKE2 host: the drop-in folder if the generated file imports it, otherwise the template.
    private func target(
        _ kind: HostKind,
        _ tree: TOMLTree,
        _ configVersion: Int,
        _ version: RuntimeVersion?
    ) -> ConfigurationTarget {
        let name = configVersion == 2 ? "config.toml" : "config-v3.toml"
        let dropIns = "\(kind.folder)/\(name).d"
        // In containerd 1.x the plugin table of an imported file replaces the whole table of the main file.
        let isMerging = configVersion > 2 || (version.map { $0 >= RuntimeVersion(2, 0) } ?? false)
        let isImported = tree[["imports"]]?.strings.contains("\(dropIns)/*.toml") ?? false
        let template = "\(kind.folder)/\(name).tmpl"
        // If the template already has a block, the handler stays there: a drop-in would define it a second time.
        let text = (try? folder.text(template)) ?? ""
        let isTemplateUsed = MarkedText(text).hasMark
        return isImported && isMerging && !isTemplateUsed ? .dropIns(dropIns) : .template(template)
    }

    /// The version that a containerd configuration has, or has to get if it is empty.
    private static func configVersion(
        of tree: TOMLTree,
        file: String,
        fallback: RuntimeVersion? = nil
    ) throws(NodeError) -> Int {
        if tree.members?.isEmpty ?? true, let fallback { return fallback < RuntimeVersion(2, 0) ? 2 : 3 }
        let migrate = "convert it: 'containerd config migrate' prints the same configuration in the current version"
        switch tree[["version"]] {
        case .integer(let version) where ConfigFormat(containerdVersion: version) != nil: return version
        case .integer(let version) where version > 4:
            throw NodeError(
                .configVersion,
                "\(file): configuration version \(version) is not supported",
                remedy: "update polypod"
            )
        case nil where tree.members?.isEmpty ?? true:
            throw NodeError(
                .configVersion,
                "\(file): the configuration is missing or empty, and containerd's version is not known",
                remedy: "write 'version = 2' into the file for containerd 1.x, 'version = 3' for 2.x, and install again"
            )
        case nil:
            throw NodeError(.configVersion, "\(file): it has no version, which means version 1", remedy: migrate)
        default: throw NodeError(.configVersion, "\(file): its version is older than 2", remedy: migrate)
        }
    }

    private static func notStarted(_ kind: HostKind) -> NodeError {
        NodeError(
            .hostNotStarted,
            "\(kind.title) is installed, but \(kind.effectiveFile) does not exist: \(kind.title) was never started",
            remedy: "start \(kind.title) once so that it writes its configuration, then install again"
        )
    }
}

/// The program of a container runtime on the host, run for its version and its configuration.
struct RuntimeProgram {
    let kind: HostKind
    /// The path of the program on the host.
    let path: String
    let folder: HostFolder
    let commands: any HostCommands

    /// Runs `--version`; nil if the program cannot be run or prints no version.
    func version() -> RuntimeVersion? {
        commands.runOnHost([path, "--version"], timeout: .seconds(20))
            .flatMap { $0.code == 0 ? RuntimeVersion(output: $0.output) : nil }
    }

    /// Has the program read its configuration files as they are now and print the result; nil if it cannot be run.
    func dumpConfiguration() -> CommandOutput? {
        // containerd starts with its defaults if it has no file, but 'config dump' fails then (1.6).
        guard kind == .crio || folder.exists(kind.effectiveFile) else { return nil }
        let words = kind == .crio ? ["config"] : ["-c", kind.effectiveFile, "config", "dump"]
        return commands.runOnHost([path] + words, timeout: .seconds(30))
    }
}
