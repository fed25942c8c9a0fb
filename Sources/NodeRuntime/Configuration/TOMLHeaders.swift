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
    private var fatal: Fatal?

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

    /// Invalid TOML at which TOMLKit ends the process with an assertion of its parser, in place of an error.
    struct Fatal: Equatable {
        /// The index of the line, counted from 0.
        let line: Int
        /// What is wrong with it.
        let reason: String
    }

    /// The first place in `text` that TOMLKit must not see; nil if there is none.
    ///
    /// The text before it is valid, or has an error at which the parser stops, so that the scan is exact as far as it
    /// has to be.
    static func fatal(in text: String) -> Fatal? {
        var scanner = TOMLHeaders(bytes: Array(text.utf8))
        scanner.scan()
        return scanner.fatal
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
            case UInt8(ascii: " "):
                advance()
                if isBehindValue, isDigitAlone {
                    fatal = fatal ?? Fatal(line: line, reason: "a digit beside a value")
                }
            case UInt8(ascii: "T"), UInt8(ascii: "t"):
                advance()
                if isBehindDate, !(current.map(Self.isDigit) ?? true) {
                    fatal = fatal ?? Fatal(line: line, reason: "a date without a time behind its T")
                }
            default: advance()
            }
        }
    }

    /// Whether the byte before the current one follows a date, such as `2026-01-02`.
    private var isBehindDate: Bool {
        guard position > 10 else { return false }
        return zip(bytes[(position - 11)..<(position - 1)], "0000-00-00".utf8).allSatisfy { byte, form in
            form == UInt8(ascii: "0") ? Self.isDigit(byte) : byte == form
        }
    }

    /// Whether the byte before the current one follows a value, of whatever bytes, and nothing between values or keys.
    private var isBehindValue: Bool { position > 1 && !" \t\r\n=,.[{".utf8.contains(bytes[position - 2]) }

    /// Whether the current byte is a digit with the end of a value behind it.
    private var isDigitAlone: Bool {
        guard position + 1 < bytes.count, Self.isDigit(bytes[position]) else { return false }
        return " \t]},#\r\n".utf8.contains(bytes[position + 1])
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private mutating func header() -> [String] {
        for _ in 0..<2 where current == UInt8(ascii: "[") { advance() }
        while current == UInt8(ascii: " ") || current == UInt8(ascii: "\t") { advance() }
        if let byte = current, !Self.startsKey(byte), byte != UInt8(ascii: "]") {
            fatal = fatal ?? Fatal(line: line, reason: "a table's name that starts with no key")
        }
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

    /// Whether a key can start with the byte: a quote, or a letter, digit, `_` or `-` (TOML 1.0, Keys).
    private static func startsKey(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "_"), UInt8(ascii: "-"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: isDigit(byte)
        }
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
