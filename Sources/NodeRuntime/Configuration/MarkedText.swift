import Basics

/// A text with Polypod's blocks, each between two comments, so that removing a block restores the bytes around it.
///
///     # polypod: begin crun-wasmedge
///     …
///     # polypod: end crun-wasmedge
struct MarkedText: Equatable, Sendable {
    /// The position of a block.
    struct Block: Equatable {
        /// The name in the block's comments: a handler or one of ``BlockName``.
        let name: String
        /// The indices of its lines with both comments.
        let range: Range<Int>
        /// Whether the line before the block got its line end when the block was added.
        let isJoined: Bool
    }

    private var content: TextLines

    init(_ text: String) { content = TextLines(text) }

    /// The text with its blocks.
    var text: String { content.text }

    /// Whether the text contains a comment that begins a block.
    var hasMark: Bool { content.lines.contains { Mark($0.text)?.isBegin ?? false } }

    /// The blocks in the text, in order.
    ///
    /// - Throws: `markers-damaged` if a comment has no counterpart or a name occurs twice.
    func blocks(in file: String) throws(NodeError) -> [Block] {
        var found: [Block] = []
        var open: (mark: Mark, line: Int)?
        for (number, line) in content.lines.enumerated() {
            guard let mark = Mark(line.text) else { continue }
            switch (open, mark.isBegin) {
            case (nil, true): open = (mark, number)
            case (let begin?, false) where begin.mark.name == mark.name:
                found.append(Block(name: mark.name, range: begin.line..<number + 1, isJoined: begin.mark.isJoined))
                open = nil
            default: throw Self.damaged(file, number)
            }
            if found.count(where: { $0.name == mark.name }) > 1 { throw Self.damaged(file, number) }
        }
        if let open { throw Self.damaged(file, open.line) }
        return found
    }

    /// The lines of a block without its comments.
    func body(of block: Block) -> [String] {
        content.lines[block.range].dropFirst().dropLast().map(\.text)
    }

    /// The spaces and tabs at the start of the line with this index.
    func indent(of line: Int) -> String {
        String(content.lines[line].text.prefix { $0 == " " || $0 == "\t" })
    }

    /// Adds a block at the end of the text.
    mutating func append(_ name: String, _ body: [String]) {
        insert(name, body, indent: "", at: content.lines.count)
    }

    /// Adds a block before a line.
    ///
    /// - Parameters:
    ///   - name: The name of the block.
    ///   - body: The lines between the comments.
    ///   - indent: The text before each line that is not empty.
    ///   - index: The index of the line.
    mutating func insert(_ name: String, _ body: [String], indent: String, at index: Int) {
        let end = content.lineEnding
        var isJoined = index == content.lines.count && content.isOpen
        if isJoined { content.lines[index - 1].ending = end }
        if index < content.lines.count, let mark = Mark(content.lines[index].text), mark.isJoined {
            // The added line end belongs to the first block after it, which is now this one.
            content.lines[index].text = Mark(name: mark.name, isBegin: true, isJoined: false).text
            isJoined = true
        }
        let texts =
            [Mark(name: name, isBegin: true, isJoined: isJoined).text] + body
            + [Mark(name: name, isBegin: false, isJoined: false).text]
        content.lines.insert(
            contentsOf: texts.map { TextLines.Line(text: $0.isEmpty ? "" : indent + $0, ending: end) },
            at: index
        )
    }

    /// Replaces the lines between a block's comments.
    mutating func replace(_ block: Block, _ body: [String]) {
        let end = content.lineEnding
        let inside = block.range.lowerBound + 1..<block.range.upperBound - 1
        content.lines.replaceSubrange(inside, with: body.map { TextLines.Line(text: $0, ending: end) })
    }

    /// Removes a block, and the line end that was added with it if no line follows.
    mutating func remove(_ block: Block) {
        let start = block.range.lowerBound
        content.lines.removeSubrange(block.range)
        if block.isJoined { passOnLineEnd(at: start) }
    }

    /// Removes a block's comments and keeps the lines between them.
    mutating func unmark(_ block: Block) {
        content.lines.remove(at: block.range.upperBound - 1)
        content.lines.remove(at: block.range.lowerBound)
    }

    /// Updates the added line end after its block was removed.
    ///
    /// The line end is removed at the end of the text, belongs to a block that follows, and stays before other lines.
    private mutating func passOnLineEnd(at index: Int) {
        guard index < content.lines.count else {
            if index > 0 { content.lines[index - 1].ending = "" }
            return
        }
        guard let mark = Mark(content.lines[index].text), mark.isBegin else { return }
        content.lines[index].text = Mark(name: mark.name, isBegin: true, isJoined: true).text
    }

    private static func damaged(_ file: String, _ line: Int) -> NodeError {
        NodeError(
            .markersDamaged,
            "\(file):\(line + 1): a \"polypod: begin\" or \"polypod: end\" comment has no counterpart",
            remedy: "restore the missing comment, or remove the rest of the block by hand"
        )
    }
}

/// The names of the blocks that do not define a handler.
enum BlockName {
    /// The version line of a file that Polypod created.
    static let file = "file"
    /// The version line that Polypod added to an empty file.
    static let version = "version"
    /// The setting for pulling images, which all handlers share.
    static let images = "images"

    /// Whether `name` is the name of a handler.
    static func isHandler(_ name: String) -> Bool {
        WasmEngine.allCases.contains { $0.handler == name }
    }
}

/// One of the two comments around a block.
private struct Mark: Equatable {
    let name: String
    let isBegin: Bool
    /// Whether the line before had no line end, so that the added one belongs to the block.
    let isJoined: Bool

    private static let prefix = "# polypod: "
    private static let joint = " (and the end of the line before)"

    init(name: String, isBegin: Bool, isJoined: Bool) {
        self.name = name
        self.isBegin = isBegin
        self.isJoined = isJoined
    }

    /// The comment in `line`; nil if the line is not one of these comments.
    init?(_ line: String) {
        var words = line.trimmed[...]
        guard words.hasPrefix(Self.prefix) else { return nil }
        words = words.dropFirst(Self.prefix.count)
        let isBegin = words.hasPrefix("begin ")
        guard isBegin || words.hasPrefix("end ") else { return nil }
        words = words.dropFirst(isBegin ? 6 : 4)
        isJoined = isBegin && words.hasSuffix(Self.joint)
        if isJoined { words = words.dropLast(Self.joint.count) }
        self.isBegin = isBegin
        name = String(words)
    }

    var text: String { Self.prefix + (isBegin ? "begin " : "end ") + name + (isJoined ? Self.joint : "") }
}
