import JSON

/// A table with aligned columns that fits the terminal's width.
struct Table {
    /// The text of a cell, with its colour on a terminal.
    struct Cell: ExpressibleByStringInterpolation {
        /// The text, on one line and without control characters, so that its length is its width.
        let text: String
        /// The colour; nil for the default.
        let style: Terminal.Style?

        init(_ text: String, _ style: Terminal.Style? = nil) {
            self.text = text.plainText(byteLimit: .max)
            self.style = style
        }

        init(stringLiteral value: String) { self.init(value) }
    }

    /// The rows of cells; the first one is the heading.
    var rows: [[Cell]]

    /// The table as text, with `indent` spaces before each line.
    ///
    /// If a line is longer than the terminal is wide, the last column is cut. The other columns are never cut, because
    /// people copy names from them.
    func text(for terminal: Terminal, indent: Int) -> String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.compactMap { $0.indices.contains(column) ? $0[column].text.count : nil }.max() ?? 0
        }
        let margin = String(repeating: " ", count: indent)
        return rows.map { row in
            var line = margin
            var used = indent
            for (column, cell) in row.enumerated() {
                let isLast = column == row.count - 1
                let text = isLast ? Self.cut(cell.text, to: max(terminal.width - used, 16), terminal) : cell.text
                line += cell.style.map { terminal.styled(text, $0) } ?? text
                guard !isLast else { continue }
                line += String(repeating: " ", count: widths[column] - cell.text.count + 2)
                used += widths[column] + 2
            }
            return line + "\n"
        }.joined()
    }

    private static func cut(_ text: String, to width: Int, _ terminal: Terminal) -> String {
        guard terminal.isTerminal, text.count > width else { return text }
        return text.prefix(width - terminal.ellipsis.count) + terminal.ellipsis
    }
}
