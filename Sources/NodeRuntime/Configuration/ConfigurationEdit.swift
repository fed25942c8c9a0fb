/// An edit of a TOML configuration file, checked after every step.
///
/// Comments, order and all other bytes stay the same. After every step the result is parsed and compared with the
/// intended content, so that a text which the edit does not understand leads to an error and not to a broken runtime.
struct ConfigurationEdit {
    /// The path of the file, for messages.
    private let file: String
    private var marked: MarkedText
    /// The notes for the operator so far.
    private(set) var notes: [NodeNote] = []
    /// The engines whose handlers are defined outside of Polypod's blocks.
    private(set) var foreign: [WasmEngine] = []

    /// Begins to edit `text`, the content of the file at the path `file`.
    init(file: String, text: String) {
        self.file = file
        marked = MarkedText(text)
    }

    /// The text after the steps so far.
    var text: String { marked.text }

    /// The parsed text after the steps so far.
    ///
    /// - Throws: `config-syntax`.
    func tree() throws(NodeError) -> TOMLTree { try TOMLTree(parsing: text, file: file) }

    /// Polypod's blocks in the text.
    ///
    /// - Throws: `markers-damaged` if a comment has no counterpart, or is in a string or an array.
    func blocks() throws(NodeError) -> [MarkedText.Block] {
        let blocks = try marked.blocks(in: file)
        guard !blocks.isEmpty else { return [] }
        let comments = TOMLHeaders.commentLines(in: text)
        for block in blocks {
            for line in [block.range.lowerBound, block.range.upperBound - 1] where !comments.contains(line) {
                throw NodeError(
                    .markersDamaged,
                    "\(file):\(line + 1): a \"polypod: begin\" or \"polypod: end\" comment is in a string or an array",
                    remedy: "change the text of the string or the array"
                )
            }
        }
        return blocks
    }

    private func block(_ name: String) throws(NodeError) -> MarkedText.Block? {
        try blocks().first { $0.name == name }
    }

    /// The lines of the block with this name; nil if there is no such block.
    ///
    /// - Throws: `markers-damaged`.
    func body(of name: String) throws(NodeError) -> [String]? { try block(name).map { marked.body(of: $0) } }

    // MARK: Installing

    /// Adds a handler or updates its block.
    ///
    /// - Throws: `handler-taken` if the handler is defined elsewhere with other values, `table-closed` if its table
    ///   cannot be added, `edit-refused` if the result would not have the intended content, and the faults of the file:
    ///   `config-syntax`, `markers-damaged`.
    mutating func install(_ table: RuntimeTable) throws(NodeError) {
        if let block = try block(table.engine.handler) {
            guard marked.body(of: block) != table.lines else { return }
            // The edit removes the old block first, to see which content is not Polypod's.
            let before = marked
            try change(removing: table.path) { $0.remove(block) }
            try requireRoom(for: table)
            let without = try tree()
            marked = before
            marked.replace(block, table.lines)
            guard without.setting(table.path[...], to: table.value) == (try tree()) else {
                throw refusal("the block of \(table.engine.handler) cannot be updated")
            }
            return
        }
        if let there = try tree()[table.path] {
            guard there.includes(table.value) else { throw taken(table) }
            foreign.append(table.engine)
            notes.append(.handlerOfOthers(table.engine, in: file))
            return
        }
        try requireRoom(for: table)
        try change(adding: table.value, at: table.path) { $0.append(table.engine.handler, table.lines) }
    }

    private func requireRoom(for table: RuntimeTable) throws(NodeError) {
        let tree = try tree()
        if tree[table.path] != nil { throw taken(table) }
        guard let step = tree.closedStep(on: table.path) else { return }
        let closed = TOMLTree.header(Array(table.path.prefix(step)))
        throw NodeError(
            .tableClosed,
            "\(file): \(closed) is an inline value, which TOML does not allow to extend",
            remedy: "write it as a table [\(closed)] with one line for each member, then install again"
        )
    }

    private func taken(_ table: RuntimeTable) -> NodeError {
        NodeError(
            .handlerTaken,
            "\(file): [\(TOMLTree.header(table.path))] is already defined, with other values",
            remedy: "remove this table, or set its BinaryName to \(table.engine.program) and its pod_annotations to "
                + "[\"module.wasm.image/*\"]"
        )
    }

    /// Makes containerd pull images itself.
    ///
    /// The transfer service of containerd 2.2.2 and later does not unpack images for wasi/wasm. If the setting cannot
    /// be added, the edit adds a note and continues.
    ///
    /// - Throws: `config-syntax`, `markers-damaged`.
    mutating func installImagePull() throws(NodeError) {
        guard try block(BlockName.images) == nil else { return }
        let tree = try tree()
        switch tree[ConfigFormat.imagePull] {
        case .bool(true): return
        case nil: break
        default:
            notes.append(.imagePullOff(in: file))
            return
        }
        if tree.closedStep(on: ConfigFormat.images) != nil {
            notes.append(.imagePullMissing(in: file))
            return
        }
        let setting = "use_local_image_pull = true"
        let header = TOMLHeaders.find(in: text).first { $0.path == ConfigFormat.images }
        do throws(NodeError) {
            try change(adding: .bool(true), at: ConfigFormat.imagePull) { marked in
                if let header {
                    let indent = marked.indent(of: header.line) + "  "
                    marked.insert(BlockName.images, [setting], indent: indent, at: header.line + 1)
                } else {
                    marked.append(BlockName.images, ["[\(TOMLTree.header(ConfigFormat.images))]", "  " + setting])
                }
            }
        } catch {
            notes.append(.imagePullMissing(in: file))
        }
    }

    /// Adds the version line to a file without content.
    ///
    /// - Parameters:
    ///   - version: The version.
    ///   - isNewFile: Whether Polypod creates the file.
    /// - Throws: `config-syntax`, `edit-refused`.
    mutating func installVersion(_ version: Int, isNewFile: Bool) throws(NodeError) {
        guard try tree().members?.isEmpty ?? false else { return }
        try change(adding: .integer(version), at: ["version"]) {
            $0.append(isNewFile ? BlockName.file : BlockName.version, ["version = \(version)"])
        }
    }

    // MARK: Removing

    /// Removes the blocks of `engines`, and with the last handler the blocks that the handlers share.
    ///
    /// - Parameters:
    ///   - engines: The engines whose handlers are removed.
    ///   - format: The format of the configuration.
    /// - Returns: Whether Polypod created the file and nothing else is in it.
    /// - Throws: `edit-refused` if a block contains lines that are not Polypod's, `config-syntax`, `markers-damaged`.
    mutating func remove(_ engines: [WasmEngine], format: ConfigFormat) throws(NodeError) -> Bool {
        for engine in engines {
            let path = format.runtimes + [engine.handler]
            if let block = try block(engine.handler) {
                try change(removing: path) { $0.remove(block) }
            } else if try tree()[path] != nil {
                foreign.append(engine)
                notes.append(.handlerKept(engine, in: file))
            }
        }
        let rest = try blocks()
        guard !rest.contains(where: { BlockName.isHandler($0.name) }) else { return false }
        if let block = try block(BlockName.images) {
            try change(removing: ConfigFormat.imagePull) { $0.remove(block) }
        }
        return try removeVersion()
    }

    /// Removes the version line, or only its comments if other lines need the version.
    private mutating func removeVersion() throws(NodeError) -> Bool {
        let blocks = try blocks()
        guard let block = blocks.first(where: { [BlockName.file, BlockName.version].contains($0.name) }) else {
            return false
        }
        var without = marked
        without.remove(block)
        let rest = try TOMLTree(parsing: without.text, file: file)
        if rest.members?.isEmpty ?? false {
            marked = without
            return block.name == BlockName.file && text.allSatisfy(\.isWhitespace)
        }
        marked.unmark(block)
        return false
    }

    // MARK: Checked steps

    /// Makes `change` if the result has the old content and `value` at `path`, and nothing else.
    private mutating func change(
        adding value: TOMLTree,
        at path: [String],
        _ change: (inout MarkedText) -> Void
    ) throws(NodeError) {
        let before = try tree()
        var changed = marked
        change(&changed)
        let after: TOMLTree
        do throws(NodeError) { after = try TOMLTree(parsing: changed.text, file: file) } catch {
            throw refusal("with \(TOMLTree.header(path)) added it would not be valid TOML (\(error.message))")
        }
        guard before.setting(path[...], to: value) == after else {
            throw refusal("adding \(TOMLTree.header(path)) would change other values too")
        }
        marked = changed
    }

    /// Makes `change` if the result has the old content without the value at `path`, and nothing else changes.
    private mutating func change(removing path: [String], _ change: (inout MarkedText) -> Void) throws(NodeError) {
        let before = try tree()
        var changed = marked
        change(&changed)
        let after = try TOMLTree(parsing: changed.text, file: file)
        let expected = before[path].map { after.setting(path[...], to: $0) == before } ?? (after == before)
        guard expected else { throw refusal("Polypod's block contains lines that are not Polypod's") }
        marked = changed
    }

    private func refusal(_ reason: String) -> NodeError { .editRefused(file, reason) }
}

extension NodeError {
    /// The error of an edit whose result would not have the intended content.
    static func editRefused(_ file: String, _ reason: String) -> NodeError {
        NodeError(
            .editRefused,
            "\(file): \(reason)",
            remedy: "edit the file by hand; 'polypod node plan' shows the lines"
        )
    }
}
