/// Finds the lines with table headers and comments in a TOML document, whose positions TOMLKit does not give.
struct TOMLHeaders {
    /// A `[header]`.
    struct Header: Equatable {
        /// The keys in the header.
        let path: [String]
        /// The index of the line, counted from 0.
        let line: Int
    }

    private let bytes: [UInt8]
    private var position = 0
    private var line = 0
    private var found: [Header] = []
    private var comments: Set<Int> = []

    /// The `[headers]` in `text`, which has to be valid TOML; `[[arrays of tables]]` are not included.
    static func find(in text: String) -> [Header] {
        var scanner = TOMLHeaders(bytes: Array(text.utf8))
        scanner.scan()
        return scanner.found
    }

    /// The indices, counted from 0, of the lines that contain only a comment and are not in a string or an array.
    static func commentLines(in text: String) -> Set<Int> {
        var scanner = TOMLHeaders(bytes: Array(text.utf8))
        scanner.scan()
        return scanner.comments
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func advance() {
        if current == UInt8(ascii: "\n") { line += 1 }
        position += 1
    }

    private func startsWith(_ text: StaticString) -> Bool {
        text.withUTF8Buffer { bytes[position...].starts(with: $0) }
    }

    private mutating func scan() {
        if startsWith("\u{FEFF}") { position += 3 }
        while let byte = current {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"): advance()
            case UInt8(ascii: "["):
                let start = line
                let isArray = startsWith("[[")
                let path = header()
                if !isArray { found.append(Header(path: path, line: start)) }
                skipStatement()
            case UInt8(ascii: "#"):
                comments.insert(line)
                skipStatement()
            default: skipStatement()
            }
        }
    }

    /// Advances to the end of the statement: the first line end outside of strings and brackets.
    private mutating func skipStatement() {
        var depth = 0
        while let byte = current, byte != UInt8(ascii: "\n") || depth > 0 {
            switch byte {
            case UInt8(ascii: "#"): while let byte = current, byte != UInt8(ascii: "\n") { _ = byte; advance() }
            case UInt8(ascii: "\""), UInt8(ascii: "'"): _ = string()
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1; advance()
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1; advance()
            default: advance()
            }
        }
    }

    private mutating func header() -> [String] {
        while current == UInt8(ascii: "[") { advance() }
        var path: [String] = []
        var bare: [UInt8] = []
        while let byte = current, byte != UInt8(ascii: "]"), byte != UInt8(ascii: "\n") {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "'"): path.append(string())
            case UInt8(ascii: "."), UInt8(ascii: " "), UInt8(ascii: "\t"): advance()
            default:
                bare.append(byte)
                advance()
                if let next = current, ". \t]".utf8.contains(next) {
                    path.append(String(decoding: bare, as: UTF8.self))
                    bare = []
                }
            }
        }
        while current == UInt8(ascii: "]") { advance() }
        return path
    }

    /// Reads a string in quotes, of one or more lines.
    ///
    /// Only escaped quotes and backslashes are decoded.
    private mutating func string() -> String {
        guard let quote = current else { return "" }
        let isLong = bytes[position...].starts(with: [quote, quote, quote])
        let end = [UInt8](repeating: quote, count: isLong ? 3 : 1)
        for _ in end { advance() }
        var content: [UInt8] = []
        while let byte = current, !bytes[position...].starts(with: end) {
            advance()
            if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\""), let escaped = current {
                if escaped != quote, escaped != byte { content.append(byte) }
                content.append(escaped)
                advance()
            } else {
                content.append(byte)
            }
        }
        // The content of a long string can end with up to two quotes, before the three that end the string.
        while isLong, bytes[position...].starts(with: end + [quote]) { advance() }
        for _ in end where current != nil { advance() }
        return String(decoding: content, as: UTF8.self)
    }
}
