/// Plans to edit the runtime's own configuration file.
struct FilePlanner: ConfigurationPlanner {
    /// The path of the file.
    let path: String
    let host: NodeHost
    let folder: HostFolder

    private var backup: ConfigurationBackup { ConfigurationBackup(path: path, folder: folder) }

    func add(_ tables: [RuntimeTable]) throws(NodeError) -> ConfigurationPlan {
        let before = try folder.read(path)
        let text = try folder.text(path) ?? ""
        var edit = ConfigurationEdit(file: path, text: text)
        let isFirst = try edit.blocks().isEmpty
        try edit.installVersion(host.configVersion ?? 3, isNewFile: before == nil)
        for table in tables { try edit.install(table) }
        if host.needsImagePull { try edit.installImagePull() }
        var plan = ConfigurationPlan(notes: edit.notes, foreign: edit.foreign)
        guard edit.text != text else { return plan }
        if isFirst { plan.files = try backup.create(of: before) }
        plan.files.append(FileChange(path: path, before: before, after: Array(edit.text.utf8)))
        return plan
    }

    func remove(_ engines: [WasmEngine]) throws(NodeError) -> ConfigurationPlan {
        guard let before = try folder.read(path), let text = try folder.text(path) else { return ConfigurationPlan() }
        var edit = ConfigurationEdit(file: path, text: text)
        let isGone = try edit.remove(engines, format: host.format)
        var plan = ConfigurationPlan(notes: edit.notes, foreign: edit.foreign)
        guard edit.text != text else { return plan }
        let result = isGone ? nil : Array(edit.text.utf8)
        plan.files = [FileChange(path: path, before: before, after: result)]
        if try edit.blocks().isEmpty {
            let removal = try backup.remove(result: result)
            plan.files += removal.files
            plan.notes += removal.notes
        }
        return plan
    }

    func files(for engines: [WasmEngine]) -> [String] { [path] }
}
