/// Hides the byte order marks (U+FEFF) of a text while Yams reads it.
///
/// Yams drops a mark at the start of a scalar (Parser.swift, `Event.scalarValue`), which Foundation takes for that of a
/// file; kubectl keeps it. The files of a ConfigMap that come from Windows start with one. Therefore a private-use
/// character of the same length in UTF-8 stands for the mark, and other digits for those of `\uFEFF`, so that lines and
/// columns stay.
struct ByteOrderMarks {
    /// The text for Yams.
    let hidden: String
    /// The upper byte of the characters that stand for marks; nothing else in the text is in that block.
    private let page: UInt8

    /// The lower byte of the character for a mark that is not escaped; those below stand for the spellings of an escape.
    private static let unescaped: UInt16 = 16

    /// Hides the marks of `text`.
    ///
    /// - Returns: nil if there is nothing to hide.
    init?(_ text: String) {
        var bytes = Array(text.utf8)
        var marks: [Int] = []
        var escapes: [Int] = []
        var usedPages: Set<UInt8> = []
        for index in bytes.indices {
            if Self.isMark(bytes, at: index) {
                if !Self.isSkipped(bytes, at: index) { marks.append(index) }
            } else if let digits = Self.digits(bytes, at: index) {
                if digits.elementsEqual("feff".utf8, by: { $0 | 0x20 == $1 }) { escapes.append(index) }
                if let page = UInt8(String(decoding: digits.prefix(2), as: UTF8.self), radix: 16) {
                    usedPages.insert(page)
                }
            } else if let scalar = Self.character(bytes, at: index) {
                usedPages.insert(UInt8(scalar >> 8))
            }
        }
        // All of these blocks are in the private use area.
        guard !marks.isEmpty || !escapes.isEmpty,
            let page = (UInt8(0xE0)...0xF7).first(where: { !usedPages.contains($0) })
        else { return nil }
        self.page = page
        let character = String(decoding: [UInt16(page) << 8 | Self.unescaped], as: UTF16.self)
        for index in marks { bytes.replaceSubrange(index..<index + 3, with: character.utf8) }
        for index in escapes {
            let spelling = bytes[index..<index + 4].reduce(UInt16(0)) { $0 << 1 | ($1 & 0x20 == 0 ? 0 : 1) }
            let digits = String(UInt16(page) << 8 | spelling, radix: 16)
            bytes.replaceSubrange(index..<index + 4, with: digits.utf8)
        }
        hidden = String(decoding: bytes, as: UTF8.self)
    }

    /// `string`, which Yams read from the hidden text, with its marks.
    func restored(_ string: String) -> String {
        var bytes = Array(string.utf8)
        for index in bytes.indices {
            if let scalar = Self.character(bytes, at: index), scalar >> 8 == UInt32(page) {
                bytes.replaceSubrange(index..<index + 3, with: "\u{FEFF}".utf8)
            } else if let digits = Self.digits(bytes, at: index),
                let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16), value >> 8 == UInt32(page)
            {
                // The backslash was itself escaped, or is none to YAML.
                let spelling = zip("FEFF".utf8, [8, 4, 2, 1]).map { value & $1 == 0 ? $0 : $0 | 0x20 }
                bytes.replaceSubrange(index..<index + 4, with: spelling)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isMark(_ bytes: [UInt8], at index: Int) -> Bool {
        bytes[index] == 0xEF && bytes[index...].starts(with: "\u{FEFF}".utf8)
    }

    /// Whether the parser passes over the mark: one at the start of the text, and one at the start of a line.
    private static func isSkipped(_ bytes: [UInt8], at index: Int) -> Bool {
        index == 0 || bytes[index - 1] == UInt8(ascii: "\n") || bytes[index - 1] == UInt8(ascii: "\r")
            || index == 3 && isMark(bytes, at: 0)
    }

    /// The last four digits of `\uNNNN` or `\U0000NNNN`, if they start at `index`.
    private static func digits(_ bytes: [UInt8], at index: Int) -> ArraySlice<UInt8>? {
        guard index >= 2, index + 4 <= bytes.count, bytes[index - 1] | 0x45 == UInt8(ascii: "u"),
            bytes[..<index].suffix(2).elementsEqual("\\u".utf8)
                || bytes[..<index].suffix(6).elementsEqual("\\U0000".utf8)
        else { return nil }
        return bytes[index..<index + 4]
    }

    /// The character at `index`, if its first byte is one of those of the private use area.
    private static func character(_ bytes: [UInt8], at index: Int) -> UInt32? {
        guard bytes[index] == 0xEE || bytes[index] == 0xEF, index + 3 <= bytes.count else { return nil }
        return String(decoding: bytes[index..<index + 3], as: UTF8.self).unicodeScalars.first?.value
    }
}
