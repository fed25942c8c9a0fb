/// Finds YAML texts whose aliases could make a mapping's key too large, before the text is parsed.
///
/// Yams compares the keys of each mapping while it parses. A key that is an alias of nested aliases can stand for
/// thousands of millions of values, so that the limit on values, which is for the result, comes too late. A manifest has
/// no such keys. The scan does not parse YAML: it can take a text for dangerous that only looks like it, in a block of
/// text, but takes no dangerous one for harmless.
struct AliasBounds {
    /// The limit on the number of ways through the aliases.
    private static let limit = 250_000.0

    /// The line of the first key that could be a list, a mapping or an alias, from 1; nil if there is none.
    private(set) var keyLine: Int?
    private var definitions: [Substring: Int] = [:]
    private var references: [Substring: Int] = [:]

    /// Scans a text.
    init(_ text: String) {
        let bytes = text.utf8
        var (index, line) = (bytes.startIndex, 1)
        while index < bytes.endIndex {
            let byte = bytes[index]
            bytes.formIndex(after: &index)
            switch byte {
            case UInt8(ascii: "\n"): line += 1
            case UInt8(ascii: "&"), UInt8(ascii: "*"):
                let start = index
                index = bytes[start...].firstIndex { !Self.isOfName($0) } ?? bytes.endIndex
                guard start < index else { continue }
                if byte == UInt8(ascii: "&") {
                    definitions[text[start..<index], default: 0] += 1
                } else {
                    references[text[start..<index], default: 0] += 1
                    if Self.isKey(endingAt: index, in: bytes) { keyLine = keyLine ?? line }
                }
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                if Self.isKey(endingAt: index, in: bytes) { keyLine = keyLine ?? line }
            case UInt8(ascii: "?"):
                if index == bytes.endIndex || bytes[index] <= UInt8(ascii: " ") { keyLine = keyLine ?? line }
            default: break
            }
        }
    }

    /// The line of a key that can be too large; nil if the text has none.
    ///
    /// An alias stands for an earlier anchor, so that each way through nested aliases takes every anchor at most once,
    /// by one of its aliases. Therefore the product of their numbers limits the number of ways.
    var lineOfLargeKey: Int? {
        let ways = definitions.reduce(1.0) { ways, anchor in
            (0..<anchor.value).reduce(ways) { ways, _ in
                min(ways * Double(1 + references[anchor.key, default: 0]), 1e30)
            }
        }
        return ways > Self.limit ? keyLine : nil
    }

    /// Whether a colon follows, after blanks, as after the key of a mapping.
    private static func isKey(endingAt end: String.Index, in bytes: String.UTF8View) -> Bool {
        bytes[end...].first { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") } == UInt8(ascii: ":")
    }

    /// Whether libyaml takes the byte for a part of an anchor's name (scanner.c, `yaml_parser_scan_anchor`).
    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
