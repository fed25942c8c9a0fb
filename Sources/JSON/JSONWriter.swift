extension JSONValue {
    /// Appends this value as compact JSON in UTF-8.
    public func write(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let flag): bytes.append(contentsOf: (flag ? "true" : "false").utf8)
        case .number(let text): bytes.append(contentsOf: text.utf8)
        case .string(let text): Self.write(text, to: &bytes)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                element.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let object):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in object.members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                Self.write(member.key, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                member.value.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    /// This value as compact JSON.
    public var compactText: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        write(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// This value as JSON for people: two spaces for each level, one line for each member or element.
    public var prettyText: String {
        var bytes: [UInt8] = []
        writePretty(to: &bytes, level: 0)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func writePretty(to bytes: inout [UInt8], level: Int) {
        switch self {
        case .array(let elements) where !elements.isEmpty:
            Self.writeLines(elements.count, between: ("[", "]"), to: &bytes, level: level) { bytes, index in
                elements[index].writePretty(to: &bytes, level: level + 1)
            }
        case .object(let object) where !object.members.isEmpty:
            Self.writeLines(object.members.count, between: ("{", "}"), to: &bytes, level: level) { bytes, index in
                Self.write(object.members[index].key, to: &bytes)
                bytes.append(contentsOf: ": ".utf8)
                object.members[index].value.writePretty(to: &bytes, level: level + 1)
            }
        default: write(to: &bytes)
        }
    }

    private static func writeLines(
        _ count: Int,
        between brackets: (String, String),
        to bytes: inout [UInt8],
        level: Int,
        line: (inout [UInt8], Int) -> Void
    ) {
        bytes.append(contentsOf: brackets.0.utf8)
        for index in 0..<count {
            bytes.append(contentsOf: (index > 0 ? ",\n" : "\n").utf8)
            bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (level + 1) * 2))
            line(&bytes, index)
        }
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: level * 2))
        bytes.append(contentsOf: brackets.1.utf8)
    }

    /// Appends `text` as a JSON string.
    ///
    /// It escapes the characters that JSON requires (RFC 8259, 7), and those that could end a line of a log, control a
    /// terminal or change the writing direction.
    public static func write(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
            bytes.append(contentsOf: text.utf8)
        } else {
            for scalar in text.unicodeScalars { writeEscaped(scalar, to: &bytes) }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func writeEscaped(_ scalar: Unicode.Scalar, to bytes: inout [UInt8]) {
        switch scalar {
        case "\"", "\\":
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(UInt8(truncatingIfNeeded: scalar.value))
        case "\n": bytes.append(contentsOf: "\\n".utf8)
        case "\r": bytes.append(contentsOf: "\\r".utf8)
        case "\t": bytes.append(contentsOf: "\\t".utf8)
        // C0, DEL and C1; line and paragraph separators; marks and isolates of the direction of writing.
        case "\0"..<" ", "\u{7F}"..."\u{9F}", "\u{2028}"..."\u{202E}", "\u{2066}"..."\u{2069}":
            let digits = String(scalar.value, radix: 16)
            bytes.append(contentsOf: "\\u".utf8)
            bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: 4 - digits.utf8.count))
            bytes.append(contentsOf: digits.utf8)
        case _ where scalar.isASCII: bytes.append(UInt8(truncatingIfNeeded: scalar.value))
        default: bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        }
    }
}
