public import JSON
import Yams

/// Writes JSON values as YAML from which kubectl reads the same values.
public enum YAMLWriter {
    /// `documents` as one stream of YAML documents.
    ///
    /// - Throws: `YamlError` if the emitter fails.
    public static func text(of documents: [JSONValue]) throws -> String {
        try documents.map { "---\n" + (try serialize(node: node(of: $0), width: -1, allowUnicode: true)) }.joined()
    }

    private static func node(of value: JSONValue) -> Node {
        switch value {
        case .null: Node("null", Tag(.null))
        case .bool(let flag): Node(flag ? "true" : "false", Tag(.bool))
        case .number(let text): Node(text, Tag(text.contains { ".eE".contains($0) } ? .float : .int))
        case .string(let text): Node(text, Tag(.str), style(of: text))
        case .array(let elements): Node(elements.map(node(of:)), Tag(.seq), .block)
        case .object(let object):
            Node(
                object.members.map { (Node($0.key, Tag(.str), style(of: $0.key)), node(of: $0.value)) },
                Tag(.map),
                .block
            )
        }
    }

    /// Plain only if every parser reads the text as a string; a block for several lines; otherwise double-quoted.
    private static func style(of text: String) -> Node.Scalar.Style {
        if text.contains("\n") {
            return text.allSatisfy { $0 == "\n" || !$0.isWhitespace || $0 == " " } ? .literal : .doubleQuoted
        }
        // Quotes the booleans and null of YAML 1.1, and any text that could be a number.
        let words: Set = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", ""]
        guard !words.contains(text.lowercased()), let first = text.first, first.isLetter || first == "/" else {
            return .doubleQuoted
        }
        return Resolver.default.resolveTag(of: Node(text)) == .str ? .any : .doubleQuoted
    }
}
