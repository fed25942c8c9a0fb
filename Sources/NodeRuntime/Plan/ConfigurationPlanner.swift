/// Plans the changes of one ``ConfigurationTarget``; it reads files and writes none.
protocol ConfigurationPlanner {
    /// Plans to define handlers.
    ///
    /// - Throws: `handler-taken`, `table-closed`, `edit-refused`, `markers-damaged`, `config-syntax`,
    ///   `config-unreadable`.
    func add(_ tables: [RuntimeTable]) throws(NodeError) -> ConfigurationPlan

    /// Plans to remove the handlers of `engines`.
    ///
    /// - Throws: `edit-refused`, `markers-damaged`, `config-syntax`, `config-unreadable`.
    func remove(_ engines: [WasmEngine]) throws(NodeError) -> ConfigurationPlan

    /// The paths of the files that define the handlers of `engines`.
    func files(for engines: [WasmEngine]) -> [String]
}

extension ConfigurationTarget {
    /// The planner for this target on `host`, whose file system is `folder`.
    func planner(for host: NodeHost, in folder: HostFolder) -> any ConfigurationPlanner {
        switch self {
        case .file(let path): FilePlanner(path: path, host: host, folder: folder)
        case .dropIns(let path): DropInPlanner(path: path, host: host, folder: folder)
        case .template(let path): TemplatePlanner(path: path, host: host, folder: folder)
        }
    }
}

/// The planned changes of a configuration.
struct ConfigurationPlan {
    /// The changed files, in the order in which they are written.
    var files: [FileChange] = []
    /// The notes for the operator.
    var notes: [NodeNote] = []
    /// The engines whose handlers are defined outside of Polypod's blocks and files.
    var foreign: [WasmEngine] = []

    /// Whether the plan changes a file that the runtime reads.
    var isChange: Bool { files.contains { !$0.isBackup } }
}

/// The copy of a configuration file from before the first installation.
struct ConfigurationBackup {
    /// The path of the configuration file.
    let path: String
    let folder: HostFolder

    /// Plans the copy of `file`, the configuration before the first block; nothing if there is a copy already.
    ///
    /// - Throws: `config-unreadable`.
    func create(of file: HostFile?) throws(NodeError) -> [FileChange] {
        guard let file else { return [] }
        let backup = try backupPath()
        // A copy that exists already can be the only one of something else.
        guard try folder.read(backup) == nil else { return [] }
        return [FileChange(path: backup, before: nil, after: file.bytes, isBackup: true, model: file)]
    }

    /// Plans to remove the copy if it equals `result`, the configuration without the last block; otherwise keeps it.
    ///
    /// - Throws: `config-unreadable`.
    func remove(result: [UInt8]?) throws(NodeError) -> (files: [FileChange], notes: [NodeNote]) {
        let backup = try backupPath()
        guard let there = try folder.read(backup) else { return ([], []) }
        guard there.bytes == result else {
            let text = "\(backup) is kept, because \(path) has other changes since the installation"
            return ([], [NodeNote("backup-kept", text)])
        }
        return ([FileChange(path: backup, before: there, after: nil, isBackup: true)], [])
    }

    /// The name does not match `*.toml`, so the runtime does not read the copy.
    private func backupPath() throws(NodeError) -> String { try folder.resolve(path) + ".before-polypod" }
}
