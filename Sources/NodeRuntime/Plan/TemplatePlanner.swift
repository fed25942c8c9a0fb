/// Plans to append text to the Go template from which the runtime's configuration file is generated.
///
/// A template is not TOML. The planner checks the text on the file that was generated last.
struct TemplatePlanner: ConfigurationPlanner {
    private static let base = "{{ template \"base\" . }}"

    /// The path of the template.
    let path: String
    let host: NodeHost
    let folder: HostFolder

    private var backup: ConfigurationBackup { ConfigurationBackup(path: path, folder: folder) }

    func add(_ tables: [RuntimeTable]) throws(NodeError) -> ConfigurationPlan {
        var edit = try editOfGeneratedFile()
        let before = try folder.read(path)
        let text = try folder.text(path)
        var marked = MarkedText(text ?? "")
        let isFirst = try marked.blocks(in: path).isEmpty
        if text == nil { marked.append(BlockName.file, [Self.base]) }
        for table in tables {
            let block = try block(table.engine.handler, in: marked)
            if block == nil, names(table.engine, marked), try edit.tree()[table.path] == nil {
                throw .handlerTaken(table.engine, in: path)
            }
            try edit.install(table)
            guard !edit.foreign.contains(table.engine) else { continue }
            if let block {
                if marked.body(of: block) != table.lines { marked.replace(block, table.lines) }
            } else {
                marked.append(table.engine.handler, table.lines)
            }
        }
        var plan = ConfigurationPlan()
        if host.needsImagePull, try !addImagePull(&marked, &edit) { plan.notes = [.imagePullMissing(in: path)] }
        plan.notes = edit.notes + plan.notes
        plan.foreign = edit.foreign
        guard marked.text != text, try hasHandler(marked) else { return plan }
        if isFirst { plan.files = try backup.create(of: before) }
        plan.files.append(FileChange(path: path, before: before, after: Array(marked.text.utf8)))
        return plan
    }

    /// An edit of the generated file without the blocks that came from the template.
    private func editOfGeneratedFile() throws(NodeError) -> ConfigurationEdit {
        let generated = host.kind.effectiveFile
        var marked = MarkedText(try folder.text(generated) ?? "")
        while let block = try marked.blocks(in: generated).first {
            // This block contains the text that the distribution generates for the base template.
            if block.name == BlockName.file { marked.unmark(block) } else { marked.remove(block) }
        }
        return ConfigurationEdit(file: generated, text: marked.text)
    }

    /// Adds the image setting, if the generated file lacks it; false if that is not possible.
    ///
    /// If the template's own text has a header for the table, TOML does not allow a second one after it.
    private func addImagePull(_ marked: inout MarkedText, _ edit: inout ConfigurationEdit) throws(NodeError) -> Bool {
        guard try block(BlockName.images, in: marked) == nil else { return true }
        try edit.installImagePull()
        guard let body = try edit.body(of: BlockName.images) else { return true }
        guard body.count == 2 else { return false }
        marked.append(BlockName.images, body)
        return true
    }

    func remove(_ engines: [WasmEngine]) throws(NodeError) -> ConfigurationPlan {
        guard let before = try folder.read(path), let text = try folder.text(path) else { return ConfigurationPlan() }
        var marked = MarkedText(text)
        for engine in engines {
            if let block = try block(engine.handler, in: marked) { marked.remove(block) }
        }
        var plan = ConfigurationPlan()
        plan.foreign = engines.filter { names($0, marked) }
        plan.notes = plan.foreign.map { .handlerKept($0, in: path) }
        var result: [UInt8]? = Array(marked.text.utf8)
        if try !hasHandler(marked) {
            if let block = try block(BlockName.images, in: marked) { marked.remove(block) }
            result = Array(marked.text.utf8)
            if let block = try block(BlockName.file, in: marked) {
                var without = marked
                without.remove(block)
                let isEmpty = without.text.allSatisfy(\.isWhitespace)
                if !isEmpty { marked.unmark(block) }
                result = isEmpty ? nil : Array(marked.text.utf8)
            }
        }
        guard result != before.bytes else { return plan }
        plan.files = [FileChange(path: path, before: before, after: result)]
        if try marked.blocks(in: path).allSatisfy({ $0.name == BlockName.file }) {
            let removal = try backup.remove(result: result)
            plan.files += removal.files
            plan.notes += removal.notes
        }
        return plan
    }

    func files(for engines: [WasmEngine]) -> [String] { [path] }

    private func block(_ name: String, in marked: MarkedText) throws(NodeError) -> MarkedText.Block? {
        try marked.blocks(in: path).first { $0.name == name }
    }

    private func hasHandler(_ marked: MarkedText) throws(NodeError) -> Bool {
        try marked.blocks(in: path).contains { BlockName.isHandler($0.name) }
    }

    /// Whether the template has a header for the handler outside of Polypod's blocks.
    private func names(_ engine: WasmEngine, _ marked: MarkedText) -> Bool {
        var rest = marked
        while let block = try? rest.blocks(in: path).first { rest.remove(block) }
        return ["", "\"", "'"].contains { quote in
            rest.text.contains("runtimes.\(quote)\(engine.handler)\(quote)]")
                || rest.text.contains("runtimes.\(quote)\(engine.handler)\(quote).")
        }
    }
}
