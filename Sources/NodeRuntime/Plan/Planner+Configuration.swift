/// What becomes of the configuration.
struct ConfigurationPlan {
    var files: [FileChange] = []
    var notes: [NodeNote] = []
    /// The engines whose handlers somebody else defines.
    var foreign: [WasmEngine] = []
}

extension Planner {
    /// What defining the handlers changes.
    func configuration(of host: NodeHost, adding engines: [WasmEngine]) throws(NodeError) -> ConfigurationPlan {
        let tables = engines.map { engine in
            RuntimeTable(
                engine: engine,
                dialect: host.dialect,
                isSystemdCgroup: host.isSystemdCgroup,
                isAnnotationAllowed: host.isAtLeast(RuntimeVersion(1, 30), unknown: true)
            )
        }
        switch host.place {
        case .file(let path): return try edit(path, of: host, adding: tables)
        case .dropIns(let path): return try dropIns(in: path, of: host, adding: tables)
        case .template(let path): return try template(path, of: host, adding: tables)
        }
    }

    /// What taking the handlers out changes, wherever an earlier version of the host may have had them.
    func configuration(of host: NodeHost, removing engines: [WasmEngine]) throws(NodeError) -> ConfigurationPlan {
        var places = [host.place]
        if host.kind == .k3s || host.kind == .rke2 {
            for name in ["config.toml", "config-v3.toml"] {
                for place in [
                    ConfigurationTarget.dropIns("\(host.kind.folder)/\(name).d"),
                    .template("\(host.kind.folder)/\(name).tmpl"),
                ] where place != host.place { places.append(place) }
            }
        }
        var plan = ConfigurationPlan()
        for place in places {
            let part: ConfigurationPlan
            switch place {
            case .file(let path): part = try edit(path, of: host, removing: engines)
            case .dropIns(let path): part = try dropIns(in: path, removing: engines)
            case .template(let path): part = try template(path, removing: engines)
            }
            plan.files += part.files
            plan.notes += part.notes
            plan.foreign += part.foreign
        }
        return plan
    }

    /// Whether this containerd may need to be told to pull images itself (2.2.2 and later do; 2.1 has the word first).
    func needsImagePull(_ host: NodeHost) -> Bool {
        host.dialect != .crio && host.isAtLeast(RuntimeVersion(2, 1), unknown: host.dialect == .containerd3)
    }

    /// Where the configuration from before the first installation is kept: a name that no `*.toml` finds.
    func backupPath(of path: String) throws(NodeError) -> String { try folder.resolve(path) + ".before-polypod" }

    /// The copy of a file that Polypod changes for the first time.
    func backup(of path: String, _ file: HostFile?, isFirst: Bool) throws(NodeError) -> [FileChange] {
        guard let file, isFirst else { return [] }
        let backup = try backupPath(of: path)
        // One that is there already may be all that is left of something.
        guard try folder.read(backup) == nil else { return [] }
        return [FileChange(path: backup, before: nil, after: file.bytes, isBackup: true, model: file)]
    }

    /// The copy goes when the file is again what it was; otherwise it may be all that is left of something.
    func backupRemoval(of path: String, result: [UInt8]?) throws(NodeError) -> (files: [FileChange], notes: [NodeNote])
    {
        let backup = try backupPath(of: path)
        guard let there = try folder.read(backup) else { return ([], []) }
        guard there.bytes == result else {
            let text = "\(backup) is kept, since \(path) has been changed by others since"
            return ([], [NodeNote("backup-kept", text)])
        }
        return ([FileChange(path: backup, before: there, after: nil, isBackup: true)], [])
    }
}
