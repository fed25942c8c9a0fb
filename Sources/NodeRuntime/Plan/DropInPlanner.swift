/// Plans a file for each handler in a folder whose files the runtime reads.
struct DropInPlanner: ConfigurationPlanner {
    private static let heading = "# Written by 'polypod node install', removed by 'polypod node uninstall'."
    private static let folderLine = "# The folder was made with it."

    /// The path of the folder.
    let path: String
    let host: NodeHost
    let folder: HostFolder

    func add(_ tables: [RuntimeTable]) throws(NodeError) -> ConfigurationPlan {
        var plan = ConfigurationPlan()
        var isFolderOurs = !folder.exists(path)
        for engine in WasmEngine.allCases {
            if try folder.text(file(engine))?.contains(Self.folderLine) ?? false { isFolderOurs = true }
        }
        for table in tables {
            let file = file(table.engine)
            let before = try folder.read(file)
            let there = try folder.text(file)
            if let there {
                guard there.hasPrefix(Self.heading) else { throw .handlerTaken(table.engine, in: file) }
            } else if let (other, value) = try definition(of: table) {
                guard value.includes(table.value) else { throw .handlerTaken(table.engine, in: other) }
                plan.foreign.append(table.engine)
                plan.notes.append(.handlerOfOthers(table.engine, in: other))
                continue
            }
            var lines = [Self.heading] + (isFolderOurs ? [Self.folderLine] : [])
            if let version = host.configVersion { lines.append("version = \(version)") }
            lines += table.lines
            if host.needsImagePull {
                lines += ["[\(TOMLTree.header(ConfigFormat.images))]", "  use_local_image_pull = true"]
            }
            let text = lines.joined(separator: "\n") + "\n"
            guard try TOMLTree(parsing: text, file: file)[table.path] == table.value else {
                throw .editRefused(file, "its lines would not have the intended values")
            }
            if text != there { plan.files.append(FileChange(path: file, before: before, after: Array(text.utf8))) }
        }
        return plan
    }

    func remove(_ engines: [WasmEngine]) throws(NodeError) -> ConfigurationPlan {
        var plan = ConfigurationPlan()
        for engine in engines {
            let file = file(engine)
            guard let text = try folder.text(file) else { continue }
            guard text.hasPrefix(Self.heading) else {
                plan.foreign.append(engine)
                plan.notes.append(NodeNote("file-of-others", "\(file) was not written by Polypod: not changed"))
                continue
            }
            var change = FileChange(path: file, before: try folder.read(file), after: nil)
            change.isFolderRemoved = text.contains(Self.folderLine)
            plan.files.append(change)
        }
        return plan
    }

    func files(for engines: [WasmEngine]) -> [String] { engines.map(file) }

    private func file(_ engine: WasmEngine) -> String {
        "\(path)/60-polypod-\(engine.handler).\(path.hasSuffix(".conf.d") ? "conf" : "toml")"
    }

    /// The definition of the handler in another drop-in or in the runtime's complete configuration, with its file.
    private func definition(of table: RuntimeTable) throws(NodeError) -> (file: String, value: TOMLTree)? {
        for name in folder.list(path) where name.hasSuffix(".toml") || host.kind == .crio {
            let file = "\(path)/\(name)"
            guard let text = try? folder.text(file), let tree = try? TOMLTree(parsing: text, file: file) else {
                continue
            }
            if let value = tree[table.path] { return (file, value) }
        }
        let file = host.kind.effectiveFile
        guard let text = try folder.text(file) else { return nil }
        return try TOMLTree(parsing: text, file: file)[table.path].map { (file: file, value: $0) }
    }
}

extension NodeError {
    /// The error for a handler that another file or another part of the file defines.
    static func handlerTaken(_ engine: WasmEngine, in file: String) -> NodeError {
        NodeError(
            .handlerTaken,
            "\(file): \(engine.handler) is already defined, with other values",
            remedy: "remove this definition, then install again"
        )
    }
}
