extension Planner {
    private static let heading = "# Written by 'polypod node install', removed by 'polypod node uninstall'."
    private static let folderLine = "# The folder was made with it."

    func dropIn(_ engine: WasmEngine, _ folder: String) -> String {
        "\(folder)/60-polypod-\(engine.handler).\(folder.hasSuffix(".conf.d") ? "conf" : "toml")"
    }

    /// Handlers in files of their own.
    func dropIns(
        in path: String,
        of host: NodeHost,
        adding tables: [RuntimeTable]
    ) throws(NodeError) -> ConfigurationPlan {
        var plan = ConfigurationPlan()
        var isFolderOurs = !folder.exists(path)
        for engine in WasmEngine.allCases {
            if try folder.text(dropIn(engine, path))?.contains(Self.folderLine) ?? false { isFolderOurs = true }
        }
        for table in tables {
            let file = dropIn(table.engine, path)
            let before = try folder.read(file)
            let there = try folder.text(file)
            if let there {
                guard there.hasPrefix(Self.heading) else { throw taken(table, file) }
            } else if let (other, value) = try definition(of: table, in: path, host) {
                guard value.includes(table.value) else { throw taken(table, other) }
                plan.foreign.append(table.engine)
                let text = "\(other) defines \(table.engine.handler) already as it should be: left as it is"
                plan.notes.append(NodeNote("handler-of-others", text))
                continue
            }
            var lines = [Self.heading] + (isFolderOurs ? [Self.folderLine] : [])
            if let version = host.configVersion { lines.append("version = \(version)") }
            lines += table.lines
            if needsImagePull(host) {
                lines += ["[\(TOMLTree.header(ConfigFormat.images))]", "  use_local_image_pull = true"]
            }
            let text = lines.joined(separator: "\n") + "\n"
            // What is written has to be read as it was meant.
            guard try TOMLTree(parsing: text, file: file)[table.path] == table.value else {
                throw ConfigurationEdit(file: file, text: text).refusal("it would not say what it should")
            }
            if text != there { plan.files.append(FileChange(path: file, before: before, after: Array(text.utf8))) }
        }
        return plan
    }

    /// The same without the handlers.
    func dropIns(in path: String, removing engines: [WasmEngine]) throws(NodeError) -> ConfigurationPlan {
        var plan = ConfigurationPlan()
        for engine in engines {
            let file = dropIn(engine, path)
            guard let text = try folder.text(file) else { continue }
            guard text.hasPrefix(Self.heading) else {
                plan.foreign.append(engine)
                plan.notes.append(NodeNote("file-of-others", "\(file) is none of Polypod's: left as it is"))
                continue
            }
            var change = FileChange(path: file, before: try folder.read(file), after: nil)
            change.isFolderRemoved = text.contains(Self.folderLine)
            plan.files.append(change)
        }
        return plan
    }

    /// Who else defines the handler: another drop-in, or what the runtime has as a whole.
    private func definition(
        of table: RuntimeTable,
        in path: String,
        _ host: NodeHost
    ) throws(NodeError) -> (file: String, value: TOMLTree)? {
        for name in folder.list(path) where name.hasSuffix(".toml") || host.kind == .crio {
            let file = "\(path)/\(name)"
            guard let text = try? folder.text(file), let tree = try? TOMLTree(parsing: text, file: file) else {
                continue
            }
            if let value = tree[table.path] { return (file, value) }
        }
        for file in [host.kind.effectiveFile] {
            guard let text = try folder.text(file) else { continue }
            if let value = try TOMLTree(parsing: text, file: file)[table.path] { return (file, value) }
        }
        return nil
    }

    /// The error of a handler that is somebody else's.
    func taken(_ table: RuntimeTable, _ file: String) -> NodeError {
        NodeError(
            .handlerTaken,
            "\(file): defines \(table.engine.handler) already, with other values",
            remedy: "remove that definition, then install again"
        )
    }
}
