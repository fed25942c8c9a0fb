/// Rows in aligned columns that follow the terminal's width.
struct Table {
    /// One cell: its text, and its colour on a terminal.
    struct Cell: ExpressibleByStringInterpolation {
        var text: String
        var style: Terminal.Style?

        init(_ text: String, _ style: Terminal.Style? = nil) {
            self.text = text
            self.style = style
        }

        init(stringLiteral value: String) { self.init(value) }
    }

    /// The cells, row by row; the first row is the heading.
    var rows: [[Cell]]

    /// The table as text, each line indented by `indent` blanks.
    ///
    /// The last column is cut where a line would be longer than the terminal; the others keep their width, since they
    /// hold what a person copies.
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
