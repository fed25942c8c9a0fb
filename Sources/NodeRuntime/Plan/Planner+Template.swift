extension Planner {
    private static let base = "{{ template \"base\" . }}"

    /// Handlers in a Go template, which is no TOML: what comes of it is checked on the file that was made from it last.
    func template(
        _ path: String,
        of host: NodeHost,
        adding tables: [RuntimeTable]
    ) throws(NodeError) -> ConfigurationPlan {
        let rendered = host.kind.effectiveFile
        var made = MarkedText(try folder.text(rendered) ?? "")
        while let block = try made.blocks(in: rendered).first {
            // Inside this one stands all that the distribution wrote.
            if block.name == BlockName.file { made.unmark(block) } else { made.remove(block) }
        }
        var edit = ConfigurationEdit(file: rendered, text: made.text)
        let before = try folder.read(path)
        let text = try folder.text(path)
        var marked = MarkedText(text ?? "")
        let isFirst = try marked.blocks(in: path).isEmpty
        var plan = ConfigurationPlan()
        if text == nil { marked.append(BlockName.file, [Self.base]) }
        for table in tables {
            let block = try marked.blocks(in: path).first { $0.name == table.engine.handler }
            if block == nil, Self.names(table.engine, marked, in: path), try edit.tree()[table.path] == nil {
                throw taken(table, path)
            }
            try edit.install(table)
            guard !edit.foreign.contains(table.engine) else { continue }
            if let block {
                if marked.body(of: block) != table.lines { marked.replace(block, table.lines) }
            } else {
                marked.append(table.engine.handler, table.lines)
            }
        }
        if needsImagePull(host) { try imagePull(&marked, path, &edit) }
        plan.notes = edit.notes
        plan.foreign = edit.foreign
        guard marked.text != text, try marked.blocks(in: path).contains(where: { BlockName.isHandler($0.name) }) else {
            return plan
        }
        plan.files = try backup(of: path, before, isFirst: isFirst)
        plan.files.append(FileChange(path: path, before: before, after: Array(marked.text.utf8)))
        return plan
    }

    /// A table that the template's own text opens cannot be opened again behind it.
    private func imagePull(
        _ marked: inout MarkedText,
        _ path: String,
        _ edit: inout ConfigurationEdit
    ) throws(NodeError) {
        guard try !marked.blocks(in: path).contains(where: { $0.name == BlockName.images }) else { return }
        try edit.installImagePull()
        guard let block = try edit.block(BlockName.images) else { return }
        let body = edit.marked.body(of: block)
        if body.count == 2 {
            marked.append(BlockName.images, body)
        } else {
            edit.note(.imagePullMissing(in: path))
        }
    }

    /// The same without the handlers.
    func template(_ path: String, removing engines: [WasmEngine]) throws(NodeError) -> ConfigurationPlan {
        guard let before = try folder.read(path), let text = try folder.text(path) else { return ConfigurationPlan() }
        var marked = MarkedText(text)
        for engine in engines {
            if let block = try marked.blocks(in: path).first(where: { $0.name == engine.handler }) {
                marked.remove(block)
            }
        }
        var plan = ConfigurationPlan()
        plan.foreign = engines.filter { Self.names($0, marked, in: path) }
        plan.notes = plan.foreign.map { engine in
            NodeNote(
                "handler-of-others",
                "\(path) names \(engine.handler) outside of Polypod's comments: left as it is"
            )
        }
        var result: [UInt8]? = Array(marked.text.utf8)
        if try !marked.blocks(in: path).contains(where: { BlockName.isHandler($0.name) }) {
            if let block = try marked.blocks(in: path).first(where: { $0.name == BlockName.images }) {
                marked.remove(block)
            }
            result = Array(marked.text.utf8)
            if let block = try marked.blocks(in: path).first(where: { $0.name == BlockName.file }) {
                var without = marked
                without.remove(block)
                let isEmpty = without.text.allSatisfy(\.isWhitespace)
                if !isEmpty { marked.unmark(block) }
                result = isEmpty ? nil : Array(marked.text.utf8)
            }
        }
        guard result != before.bytes else { return plan }
        plan.files = [FileChange(path: path, before: before, after: result)]
        let isLast = try marked.blocks(in: path).allSatisfy { $0.name == BlockName.file }
        if isLast {
            let backup = try backupRemoval(of: path, result: result)
            plan.files += backup.files
            plan.notes += backup.notes
        }
        return plan
    }

    /// Whether a template names a handler outside of its block.
    private static func names(_ engine: WasmEngine, _ marked: MarkedText, in path: String) -> Bool {
        var rest = marked
        while let block = try? rest.blocks(in: path).first { rest.remove(block) }
        return ["", "\"", "'"].contains { quote in
            rest.text.contains("runtimes.\(quote)\(engine.handler)\(quote)]")
                || rest.text.contains("runtimes.\(quote)\(engine.handler)\(quote).")
        }
    }
}
