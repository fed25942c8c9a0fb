extension Planner {
    /// Handlers in the runtime's own file.
    func edit(_ path: String, of host: NodeHost, adding tables: [RuntimeTable]) throws(NodeError) -> ConfigurationPlan {
        let before = try folder.read(path)
        let text = try folder.text(path) ?? ""
        var edit = ConfigurationEdit(file: path, text: text)
        let isFirst = try edit.blocks().isEmpty
        try edit.installVersion(host.configVersion ?? 3, isNewFile: before == nil)
        for table in tables { try edit.install(table) }
        if needsImagePull(host) { try edit.installImagePull() }
        guard edit.text != text else {
            return ConfigurationPlan(files: [], notes: edit.notes, foreign: edit.foreign)
        }
        let change = FileChange(path: path, before: before, after: Array(edit.text.utf8))
        return ConfigurationPlan(
            files: try backup(of: path, before, isFirst: isFirst) + [change],
            notes: edit.notes,
            foreign: edit.foreign
        )
    }

    /// The same without the handlers.
    func edit(_ path: String, of host: NodeHost, removing engines: [WasmEngine]) throws(NodeError) -> ConfigurationPlan
    {
        guard let before = try folder.read(path), let text = try folder.text(path) else { return ConfigurationPlan() }
        var edit = ConfigurationEdit(file: path, text: text)
        let isGone = try edit.remove(engines, dialect: host.dialect)
        guard edit.text != text else {
            return ConfigurationPlan(files: [], notes: edit.notes, foreign: edit.foreign)
        }
        let result = isGone ? nil : Array(edit.text.utf8)
        let isLast = try edit.blocks().isEmpty
        var backup: (files: [FileChange], notes: [NodeNote]) = ([], [])
        if isLast { backup = try backupRemoval(of: path, result: result) }
        return ConfigurationPlan(
            files: [FileChange(path: path, before: before, after: result)] + backup.files,
            notes: edit.notes + backup.notes,
            foreign: edit.foreign
        )
    }
}
