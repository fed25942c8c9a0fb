/// A text as lines that remember how each of them ended, so that putting them together gives the same bytes.
struct TextLines: Equatable, Sendable {
    /// One line.
    struct Line: Equatable, Sendable {
        /// The line without its end.
        var text: String
        /// `\n`, `\r\n`, or nothing where the text ends without one.
        var ending: String
    }

    /// The lines, in order; none for the empty text.
    var lines: [Line]

    init(_ text: String) {
        var lines: [Line] = []
        // Bytes, since Swift takes "\r\n" for one character.
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: "\n"))
            let whole = rest[rest.startIndex...(end ?? rest.endIndex - 1)]
            var content = whole
            if end != nil { content = content.dropLast() }
            if end != nil, content.last == UInt8(ascii: "\r") { content = content.dropLast() }
            let ending = whole[content.endIndex...]
            lines.append(
                Line(text: String(decoding: content, as: UTF8.self), ending: String(decoding: ending, as: UTF8.self))
            )
            rest = rest[whole.endIndex...]
        }
        self.lines = lines
    }

    /// The text again.
    var text: String { lines.map { $0.text + $0.ending }.joined() }

    /// How this text ends its lines: as the first one does.
    var lineEnding: String {
        lines.first { !$0.ending.isEmpty }?.ending ?? "\n"
    }

    /// Whether the last line has no end.
    var isOpen: Bool { lines.last.map { $0.ending.isEmpty } ?? false }
}
