/// A text as lines with their line ends, so that joining the lines gives the same bytes.
struct TextLines: Equatable, Sendable {
    /// One line.
    struct Line: Equatable, Sendable {
        /// The line without its line end.
        var text: String
        /// `\n`, `\r\n`, or empty if the text ends without a line end.
        var ending: String
    }

    /// The lines in order; empty for the empty text.
    var lines: [Line]

    init(_ text: String) {
        var lines: [Line] = []
        // Bytes, because "\r\n" is one Character in Swift.
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

    /// The lines joined.
    var text: String { lines.map { $0.text + $0.ending }.joined() }

    /// The line end of the first line that has one; `\n` if none has.
    var lineEnding: String {
        lines.first { !$0.ending.isEmpty }?.ending ?? "\n"
    }

    /// Whether the last line has no line end.
    var isOpen: Bool { lines.last.map { $0.ending.isEmpty } ?? false }
}
