extension ConfigurationEdit {
    /// Takes Polypod's part for `engines` out; what the handlers share goes with the last of them.
    ///
    /// - Returns: whether the file itself is Polypod's and has nothing else in it.
    mutating func remove(_ engines: [WasmEngine], dialect: ConfigFormat) throws(NodeError) -> Bool {
        for engine in engines {
            let path = dialect.runtimes + [engine.handler]
            if let block = try block(engine.handler) {
                try change(removing: path) { $0.remove(block) }
            } else if try tree()[path] != nil {
                foreign.append(engine)
                note(
                    NodeNote(
                        "handler-of-others",
                        "\(file) defines \(engine.handler) without Polypod's comments: left, and the bundle with it"
                    )
                )
            }
        }
        let rest = try blocks()
        guard !rest.contains(where: { BlockName.isHandler($0.name) }) else { return false }
        if let block = try block(BlockName.images) {
            try change(removing: ConfigFormat.imagePull) { $0.remove(block) }
        }
        return try removeVersion()
    }

    /// The version line goes too, unless somebody else's lines need it by now.
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
}
