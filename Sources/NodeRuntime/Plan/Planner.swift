/// Works out what has to change on a node.
///
/// It reads files and asks programs, and changes nothing.
public struct Planner {
    let folder: HostFolder
    let commands: any NodeCommands
    var survey: HostDetector { HostDetector(folder: folder, commands: commands) }

    /// Creates one for the host under `folder`.
    public init(folder: HostFolder, commands: any NodeCommands) {
        self.folder = folder
        self.commands = commands
    }

    /// What installing `engines` changes.
    ///
    /// - Parameters:
    ///   - bundles: where an engine's bundle lies, for those that do not lie at their usual place.
    ///   - kind: what the host is, where the person says so.
    /// - Throws: why it cannot be done.
    public func installation(
        of engines: [WasmEngine],
        bundles: [WasmEngine: String] = [:],
        kind: HostKind? = nil
    ) throws(NodeError) -> NodePlan {
        let host = try survey.host(kind)
        if let note = HostNotes(folder: folder, host: host).otherFile {
            throw NodeError(
                .configElsewhere,
                note.text,
                remedy: "deploy/node-image/containerd has the lines; or start the runtime with its usual file"
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
            // An installation may have ended between its change and its restart.
            restart: restart(host, configuration, isPending: !pending.isEmpty)
        )
    }

    /// What taking `engines` away changes.
    ///
    /// - Throws: why it cannot be done.
    public func removal(of engines: [WasmEngine], kind: HostKind? = nil) throws(NodeError) -> NodePlan {
        let host = try survey.host(kind)
        let configuration = try configuration(of: host, removing: engines)
        var notes = configuration.notes
        var changes: [BundleChange] = []
        for engine in engines {
            let place = try folder.resolve(engine.folder)
            let bundle = try? RuntimeBundle(folder: folder.local(place), engine: engine)
            let isThere = folder.exists("\(place)/version.json")
            if !isThere, folder.exists(place) {
                notes.append(NodeNote("folder-of-others", "\(place) is no bundle of Polypod's: left as it is"))
            }
            let isRemoved = isThere && !configuration.foreign.contains(engine)
            let action: BundleChange.Action = isRemoved ? .remove : .none
            changes.append(BundleChange(engine: engine, action: action, bundle: bundle, path: place))
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

    /// The note of a restart that nobody made yet.
    func pending(_ host: NodeHost, _ engines: [WasmEngine]) -> [NodeNote] {
        let files =
            switch host.place {
            case .file(let path), .template(let path): [path]
            case .dropIns(let path): engines.map { dropIn($0, path) }
            }
        return HostNotes(folder: folder, host: host).pending(files)
    }

    /// A changed bundle needs no restart: the runtime starts crun anew for every container.
    private func restart(
        _ host: NodeHost,
        _ configuration: ConfigurationPlan,
        isPending: Bool = false
    ) -> RestartPlan? {
        guard isPending || configuration.files.contains(where: { !$0.isBackup }) else { return nil }
        return ServiceManager(folder: folder, commands: commands).plan(for: host)
    }

    private func bundle(_ engine: WasmEngine, from source: String?) throws(NodeError) -> BundleChange {
        let place = try folder.resolve(engine.folder)
        let local = folder.local(place)
        let there = try? RuntimeBundle(folder: local, engine: engine)
        func change(_ action: BundleChange.Action, _ bundle: RuntimeBundle) -> BundleChange {
            BundleChange(engine: engine, action: action, bundle: bundle, path: place)
        }
        // A node whose image holds the bundle already needs no other.
        if source == nil, let there, HostFolder(root: "").kind(engine.folder) == nil { return change(.keep, there) }
        let bundle = try RuntimeBundle(folder: source ?? engine.folder, engine: engine)
        if bundle.isSameFolder(as: local) { return change(.keep, bundle) }
        guard folder.exists(place) else { return change(.copy, bundle) }
        if let there { return change(there.hasSameContent(as: bundle) ? .keep : .replace, bundle) }
        guard folder.exists("\(place)/version.json") else {
            throw NodeError(
                .bundleUnusable,
                "\(place): is there on the host and is no bundle",
                remedy: "move it away, for the bundle runs from that path only"
            )
        }
        return change(.replace, bundle)
    }
}
