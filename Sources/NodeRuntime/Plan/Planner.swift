/// Plans the changes on a node and reports its status.
///
/// It reads files and runs programs of the host, and changes nothing.
public struct Planner {
    private let folder: HostFolder
    private let commands: any HostCommands

    /// Creates a planner for the host whose file system is `folder`.
    public init(folder: HostFolder, commands: any HostCommands) {
        self.folder = folder
        self.commands = commands
    }

    // MARK: Plans

    /// Plans to install the runtimes for `engines`.
    ///
    /// - Parameters:
    ///   - engines: The engines, each once.
    ///   - bundles: The folders of bundles in this program's file system. The default for an engine is
    ///     ``WasmEngine/folder``.
    ///   - kind: The kind of the host, if the operator has set it; otherwise it is detected.
    /// - Returns: The plan; it is empty if everything is installed.
    /// - Throws: The reason why the runtimes cannot be installed: a fault of the host (`host-…`), of its configuration
    ///   (`config-…`, `handler-taken`, `table-closed`, `markers-damaged`, `edit-refused`) or `bundle-unusable`.
    public func installation(
        of engines: [WasmEngine],
        bundles: [WasmEngine: String] = [:],
        kind: HostKind? = nil
    ) throws(NodeError) -> NodePlan {
        let host = try detect(kind)
        if let note = HostNotes(folder: folder, host: host).otherFile {
            throw NodeError(
                .configElsewhere,
                note.text,
                remedy: "copy the lines from deploy/node-image/containerd, or start the runtime with its usual file"
            )
        }
        let configuration = try configuration(of: host, adding: engines)
        var changes: [BundleChange] = []
        for engine in engines { changes.append(try bundle(engine, from: bundles[engine])) }
        let pending = configuration.files.isEmpty ? pending(host, engines) : []
        let notes = configuration.notes + HostNotes(folder: folder, host: host).all + pending
        return NodePlan(
            host: host,
            engines: engines,
            isRemoval: false,
            files: configuration.files,
            bundles: changes,
            notes: notes,
            // An earlier installation can have changed the configuration and ended before the restart.
            restart: restart(host, configuration, isPending: !pending.isEmpty)
        )
    }

    /// Plans to remove the runtimes for `engines`.
    ///
    /// - Parameters:
    ///   - engines: The engines, each once.
    ///   - kind: The kind of the host, if the operator has set it; otherwise it is detected.
    /// - Returns: The plan; it is empty if nothing is installed.
    /// - Throws: The reason why the runtimes cannot be removed: a fault of the host (`host-…`) or of its configuration
    ///   (`config-…`, `markers-damaged`, `edit-refused`).
    public func removal(of engines: [WasmEngine], kind: HostKind? = nil) throws(NodeError) -> NodePlan {
        let host = try detect(kind)
        let configuration = try configuration(of: host, removing: engines)
        var notes = configuration.notes
        var changes: [BundleChange] = []
        for engine in engines {
            let path = try folder.resolve(engine.folder)
            let bundle = try? RuntimeBundle(folder: folder.local(path), engine: engine)
            let isThere = folder.exists("\(path)/version.json")
            if !isThere, folder.exists(path) {
                notes.append(NodeNote("folder-of-others", "\(path) is not a bundle of Polypod's: not changed"))
            }
            let isRemoved = isThere && !configuration.foreign.contains(engine)
            let action: BundleChange.Action = isRemoved ? .remove : .none
            changes.append(BundleChange(engine: engine, action: action, bundle: bundle, path: path))
        }
        return NodePlan(
            host: host,
            engines: engines,
            isRemoval: true,
            files: configuration.files,
            bundles: changes,
            notes: notes,
            restart: restart(host, configuration)
        )
    }

    private func detect(_ kind: HostKind?) throws(NodeError) -> NodeHost {
        try HostDetector(folder: folder, commands: commands).detect(kind)
    }

    /// Plans to define the handlers in the host's target.
    private func configuration(
        of host: NodeHost,
        adding engines: [WasmEngine]
    ) throws(NodeError) -> ConfigurationPlan {
        let tables = engines.map { engine in
            RuntimeTable(
                engine: engine,
                format: host.format,
                isSystemdCgroup: host.isSystemdCgroup,
                isAnnotationAllowed: host.isAtLeast(RuntimeVersion(1, 30), unknown: true)
            )
        }
        return try host.target.planner(for: host, in: folder).add(tables)
    }

    /// Plans to remove the handlers from the host's target, and from targets that the host had before an upgrade.
    private func configuration(
        of host: NodeHost,
        removing engines: [WasmEngine]
    ) throws(NodeError) -> ConfigurationPlan {
        var targets = [host.target]
        if host.kind == .k3s || host.kind == .rke2 {
            for name in ["config.toml", "config-v3.toml"] {
                let path = "\(host.kind.folder)/\(name)"
                targets += [.dropIns("\(path).d"), .template("\(path).tmpl")].filter { $0 != host.target }
            }
        }
        var plan = ConfigurationPlan()
        for target in targets {
            let part = try target.planner(for: host, in: folder).remove(engines)
            plan.files += part.files
            plan.notes += part.notes
            plan.foreign += part.foreign
        }
        return plan
    }

    /// The note about a configuration that the running runtime has not read yet.
    private func pending(_ host: NodeHost, _ engines: [WasmEngine]) -> [NodeNote] {
        let files = host.target.planner(for: host, in: folder).files(for: engines)
        return HostNotes(folder: folder, host: host).pending(files)
    }

    /// Plans a restart if the configuration changes.
    ///
    /// A changed bundle needs no restart: the runtime starts crun for every container.
    private func restart(
        _ host: NodeHost,
        _ configuration: ConfigurationPlan,
        isPending: Bool = false
    ) -> RestartPlan? {
        guard isPending || configuration.isChange else { return nil }
        guard let process = host.processes.first else {
            return .byHand(reason: "no process of \(host.kind.title) is visible from here")
        }
        guard let manager = ServiceManager(folder: folder, commands: commands) else {
            return .byHand(reason: "the host has neither systemctl nor rc-service")
        }
        guard let service = manager.activeService(of: host.kind.units, beside: process) else {
            return .byHand(reason: "no service named \(host.kind.units.joined(separator: " or ")) is active")
        }
        return .service(service)
    }

    private func bundle(_ engine: WasmEngine, from source: String?) throws(NodeError) -> BundleChange {
        let path = try folder.resolve(engine.folder)
        let local = folder.local(path)
        let there = try? RuntimeBundle(folder: local, engine: engine)
        func change(_ action: BundleChange.Action, _ bundle: RuntimeBundle) -> BundleChange {
            BundleChange(engine: engine, action: action, bundle: bundle, path: path)
        }
        // A bundle that is part of the node's image stays, if this program has no other.
        if source == nil, let there, HostFolder(root: "").kind(engine.folder) == nil { return change(.keep, there) }
        let bundle = try RuntimeBundle(folder: source ?? engine.folder, engine: engine)
        if bundle.isSameFolder(as: local) { return change(.keep, bundle) }
        guard folder.exists(path) else { return change(.copy, bundle) }
        if let there { return change(there.hasSameContent(as: bundle) ? .keep : .replace, bundle) }
        guard folder.exists("\(path)/version.json") else {
            throw NodeError(
                .bundleUnusable,
                "\(path): exists on the host and is not a bundle of Polypod's",
                remedy: "move it to another path, because the bundle works only at this one"
            )
        }
        return change(.replace, bundle)
    }

    // MARK: Status

    /// Reports whether the runtimes for `engines` are installed.
    ///
    /// - Parameters:
    ///   - engines: The engines, each once.
    ///   - kind: The kind of the host, if the operator has set it; otherwise it is detected.
    /// - Returns: The status; faults of a bundle or a handler are part of it.
    /// - Throws: A fault of the host (`host-…`) or of its configuration file (`config-…`).
    public func status(of engines: [WasmEngine], kind: HostKind? = nil) throws(NodeError) -> NodeStatus {
        let host = try detect(kind)
        var states: [NodeStatus.Engine] = []
        var notes: [NodeNote] = []
        for engine in engines {
            let (bundle, bundleProblem) = bundleStatus(engine)
            var problem: String?
            do throws(NodeError) {
                let plan = try configuration(of: host, adding: [engine])
                notes += plan.notes
                problem = try configurationProblem(host, engine, plan)
            } catch {
                problem = error.description
            }
            states.append(
                NodeStatus.Engine(
                    engine: engine,
                    bundle: bundle,
                    bundleProblem: bundleProblem,
                    isConfigured: problem == nil,
                    configProblem: problem
                )
            )
        }
        if states.contains(where: \.isConfigured) { notes += pending(host, engines) }
        return NodeStatus(host: host, engines: states, notes: notes + HostNotes(folder: folder, host: host).all)
    }

    /// The bundle on the host or its fault.
    private func bundleStatus(_ engine: WasmEngine) -> (RuntimeBundle?, problem: String?) {
        do throws(NodeError) {
            let path = try folder.resolve(engine.folder)
            guard folder.exists(path) else { return (nil, "\(path): does not exist") }
            return (try RuntimeBundle(folder: folder.local(path), engine: engine), nil)
        } catch {
            return (nil, error.message)
        }
    }

    /// The fault of a handler's configuration, given the plan to install it; nil if the runtime knows the handler.
    private func configurationProblem(
        _ host: NodeHost,
        _ engine: WasmEngine,
        _ plan: ConfigurationPlan
    ) throws(NodeError) -> String? {
        let isThere = try configuration(of: host, removing: [engine]).isChange
        if plan.isChange {
            return isThere ? "the handler is defined but not correct: install again" : "the handler is not defined"
        }
        let check = RuntimeCheck(folder: folder, commands: commands)
        guard case .refused(let reason) = check.check(host, for: [engine]) else { return nil }
        return reason
    }
}
