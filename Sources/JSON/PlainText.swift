/// Removes characters from outside text that could mislead a reader or control a terminal.
extension String {
    /// This text without control and formatting characters, at most `limit` Unicode scalars long.
    ///
    /// A cut text ends with `…`, which is part of the limit. The API server silently drops a warning with a control
    /// character (apiserver, endpoints/filters/warning.go), and bidirectional overrides reorder the visible text.
    public func plainText(limit: Int) -> String {
        // Almost every text is short ASCII that needs no change.
        if utf8.count <= limit, utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return self }
        return plainText(limit: limit, keepsLineBreaks: false) { _ in 1 }
    }

    /// This text without control and formatting characters, at most `byteLimit` bytes of UTF-8 long.
    ///
    /// - Parameters:
    ///   - byteLimit: The limit, in bytes, including the `…` of a cut text.
    ///   - keepsLineBreaks: Whether line feeds stay.
    /// - Returns: The text.
    public func plainText(byteLimit: Int, keepsLineBreaks: Bool = false) -> String {
        plainText(limit: byteLimit, keepsLineBreaks: keepsLineBreaks) { UTF8.width($0) }
    }

    private func plainText(
        limit: Int,
        keepsLineBreaks: Bool,
        width: (Unicode.Scalar) -> Int
    ) -> String {
        let ellipsis: Unicode.Scalar = "…"
        var text = String.UnicodeScalarView()
        var length = 0
        for scalar in unicodeScalars where scalar.isPlain || (keepsLineBreaks && scalar == "\n") {
            length += width(scalar)
            guard length <= limit else {
                length -= width(scalar)
                while length + width(ellipsis) > limit, let last = text.popLast() { length -= width(last) }
                text.append(ellipsis)
                break
            }
            text.append(scalar)
        }
        return String(text)
    }
}

extension Unicode.Scalar {
    /// Whether the scalar is neither a control, formatting, separator, private nor unassigned one.
    public var isPlain: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: false
        default: true
        }
    }
}
