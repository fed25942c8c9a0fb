/// A configuration file being edited: text in, text out, with what it says checked after every step.
///
/// Comments, order and the bytes of everything else stay. What a step adds is compared with what was meant by parsing
/// the result, so that a text that the edit does not understand leads to an error and not to a broken runtime.
struct ConfigurationEdit {
    /// The file's name in messages.
    let file: String
    /// The text so far.
    var marked: MarkedText
    /// What came up on the way.
    private(set) var notes: [NodeNote] = []
    /// The engines whose handlers somebody else defines.
    var foreign: [WasmEngine] = []

    init(file: String, text: String) {
        self.file = file
        marked = MarkedText(text)
    }

    /// The text as it is now.
    var text: String { marked.text }

    /// What the text says now.
    func tree() throws(NodeError) -> TOMLTree { try TOMLTree(parsing: text, file: file) }

    /// The blocks in the text now.
    func blocks() throws(NodeError) -> [MarkedText.Block] {
        let blocks = try marked.blocks(in: file)
        guard !blocks.isEmpty else { return [] }
        let comments = TOMLHeaders.commentLines(in: text)
        for block in blocks {
            for line in [block.range.lowerBound, block.range.upperBound - 1] where !comments.contains(line) {
                throw NodeError(
                    .markersDamaged,
                    "\(file):\(line + 1): a \"polypod: begin\" or \"polypod: end\" stands in a string or an array",
                    remedy: "write the text there otherwise"
                )
            }
        }
        return blocks
    }

    /// The block called `name`.
    func block(_ name: String) throws(NodeError) -> MarkedText.Block? { try blocks().first { $0.name == name } }

    /// Notes something.
    mutating func note(_ note: NodeNote) { notes.append(note) }

    /// Does `change`, and takes it only if then the text says what it said, and `value` at `path`.
    mutating func change(
        adding value: TOMLTree,
        at path: [String],
        _ change: (inout MarkedText) -> Void
    ) throws(NodeError) {
        let before = try tree()
        var changed = marked
        change(&changed)
        let after: TOMLTree
        do throws(NodeError) { after = try TOMLTree(parsing: changed.text, file: file) } catch {
            throw refusal("with \(TOMLTree.header(path)) it would be no TOML (\(error.message))")
        }
        guard before.setting(path[...], to: value) == after else {
            throw refusal("with \(TOMLTree.header(path)) it would say something else as well")
        }
        marked = changed
    }

    /// Does `change`, and takes it only if what the text said at `path` is all that is gone.
    mutating func change(removing path: [String], _ change: (inout MarkedText) -> Void) throws(NodeError) {
        let before = try tree()
        var changed = marked
        change(&changed)
        let after = try TOMLTree(parsing: changed.text, file: file)
        let expected = before[path].map { after.setting(path[...], to: $0) == before } ?? (after == before)
        guard expected else { throw refusal("between Polypod's comments there is something of somebody else's") }
        marked = changed
    }

    /// The error of an edit that would not do what it should.
    func refusal(_ reason: String) -> NodeError {
        NodeError(
            .editRefused,
            "\(file): \(reason)",
            remedy: "edit the file by hand; 'polypod node plan' shows what for"
        )
    }
}
