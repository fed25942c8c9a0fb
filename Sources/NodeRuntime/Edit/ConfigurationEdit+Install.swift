extension ConfigurationEdit {
    /// Makes the text define a handler.
    ///
    /// - Throws: `handler-taken` where somebody else defines it otherwise, `table-closed` where it cannot be added.
    mutating func install(_ table: RuntimeTable) throws(NodeError) {
        if let block = try block(table.engine.handler) {
            guard marked.body(of: block) != table.lines else { return }
            // Taken out first, so that what stays is known to be somebody else's.
            let before = marked
            try change(removing: table.path) { $0.remove(block) }
            try requireRoom(for: table)
            let without = try tree()
            marked = before
            marked.replace(block, table.lines)
            guard without.setting(table.path[...], to: table.value) == (try tree()) else {
                throw refusal("the block of \(table.engine.handler) cannot be brought up to date")
            }
            return
        }
        if let there = try tree()[table.path] {
            guard there.includes(table.value) else { throw taken(table) }
            foreign.append(table.engine)
            note(
                NodeNote(
                    "handler-of-others",
                    "\(file) defines \(table.engine.handler) already as it should be, without Polypod's comments: left as it is"
                )
            )
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
            "\(file): \(closed) is an inline table, which TOML does not let anybody extend",
            remedy: "write it as [\(closed)] with one line for each member, then install again"
        )
    }

    private func taken(_ table: RuntimeTable) -> NodeError {
        NodeError(
            .handlerTaken,
            "\(file): [\(TOMLTree.header(table.path))] is defined already, with other values",
            remedy: "remove that table, or give it BinaryName \(table.engine.program) and pod_annotations "
                + "[\"module.wasm.image/*\"]"
        )
    }

    /// Makes containerd pull images itself where its transfer service would not unpack those of wasi/wasm
    /// (containerd 2.2.2 and later).
    mutating func installImagePull() throws(NodeError) {
        guard try block(BlockName.images) == nil else { return }
        let tree = try tree()
        switch tree[ConfigFormat.imagePull] {
        case .bool(true): return
        case nil: break
        default:
            note(.imagePullOff(in: file))
            return
        }
        if tree.closedStep(on: ConfigFormat.images) != nil {
            note(.imagePullMissing(in: file))
            return
        }
        let setting = "use_local_image_pull = true"
        let header = TOMLHeaders.find(in: text).first { $0.path == ConfigFormat.images }
        do throws(NodeError) {
            try change(adding: .bool(true), at: ConfigFormat.imagePull) { marked in
                if let header {
                    let line = marked.content.lines[header.line].text
                    let indent = String(line.prefix { $0 == " " || $0 == "\t" }) + "  "
                    marked.insert(BlockName.images, [setting], indent: indent, at: header.line + 1)
                } else {
                    marked.append(BlockName.images, ["[\(TOMLTree.header(ConfigFormat.images))]", "  " + setting])
                }
            }
        } catch {
            note(.imagePullMissing(in: file))
        }
    }

    /// Gives a text that says nothing its version line.
    mutating func installVersion(_ version: Int, isNewFile: Bool) throws(NodeError) {
        guard try tree().members?.isEmpty ?? false else { return }
        try change(adding: .integer(version), at: ["version"]) {
            $0.append(isNewFile ? BlockName.file : BlockName.version, ["version = \(version)"])
        }
    }
}

extension NodeNote {
    static func imagePullOff(in file: String) -> NodeNote {
        NodeNote(
            "image-pull-off",
            "\(file) sets use_local_image_pull to false: containerd 2.2.2 and later will not unpack images of wasi/wasm "
                + "(\"parent snapshot … does not exist\"); set it to true"
        )
    }

    static func imagePullMissing(in file: String) -> NodeNote {
        NodeNote(
            "image-pull-missing",
            "use_local_image_pull could not be added to \(file): containerd 2.2.2 and later will not unpack images of "
                + "wasi/wasm; add it to [\(TOMLTree.header(ConfigFormat.images))] by hand"
        )
    }
}
