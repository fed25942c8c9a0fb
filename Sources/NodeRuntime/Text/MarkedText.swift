/// A text with blocks of Polypod's in it, each between two comments, so that they can be taken out again to the byte.
///
///     # polypod: begin crun-wasmedge
///     …
///     # polypod: end crun-wasmedge
struct MarkedText: Equatable, Sendable {
    /// A block's place.
    struct Block: Equatable {
        /// Its name.
        let name: String
        /// Its lines, the two comments included.
        let range: Range<Int>
        /// Whether the end of the line before it was added with it.
        let isJoined: Bool
    }

    private(set) var content: TextLines

    init(_ text: String) { content = TextLines(text) }

    var text: String { content.text }

    /// The blocks in the text, in order.
    ///
    /// - Throws: `markers-damaged` where a comment has no counterpart or a name occurs twice.
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

    /// The lines inside a block.
    func body(of block: Block) -> [String] {
        content.lines[block.range].dropFirst().dropLast().map(\.text)
    }

    /// Adds a block behind everything.
    mutating func append(_ name: String, _ body: [String]) {
        insert(name, body, indent: "", at: content.lines.count)
    }

    /// Adds a block before line `index`, counted from 0.
    mutating func insert(_ name: String, _ body: [String], indent: String, at index: Int) {
        let end = content.lineEnding
        var isJoined = index == content.lines.count && content.isOpen
        if isJoined { content.lines[index - 1].ending = end }
        if index < content.lines.count, let mark = Mark(content.lines[index].text), mark.isJoined {
            // The line end that was added belongs to whichever block is the first behind it.
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

    /// Writes another body into a block.
    mutating func replace(_ block: Block, _ body: [String]) {
        let end = content.lineEnding
        let inside = block.range.lowerBound + 1..<block.range.upperBound - 1
        content.lines.replaceSubrange(inside, with: body.map { TextLines.Line(text: $0, ending: end) })
    }

    /// Takes a block out, and the line end that was added with it where nothing follows.
    mutating func remove(_ block: Block) {
        let start = block.range.lowerBound
        content.lines.removeSubrange(block.range)
        if block.isJoined { passOnJoint(at: start) }
    }

    /// Takes only a block's comments out and leaves its body.
    mutating func unmark(_ block: Block) {
        content.lines.remove(at: block.range.upperBound - 1)
        content.lines.remove(at: block.range.lowerBound)
    }

    /// The added line end belongs to the next block now, stays for the lines of others, or goes.
    private mutating func passOnJoint(at index: Int) {
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
            remedy: "put the missing comment back, or remove what is left of the block by hand"
        )
    }
}
