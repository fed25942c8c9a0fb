extension String {
    /// This text without control and formatting characters, at most `limit` bytes long.
    func plain(limit: Int) -> String {
        var text = ""
        var count = 0
        for scalar in unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: continue
            default: break
            }
            count += UTF8.width(scalar)
            guard count <= limit else { break }
            text.unicodeScalars.append(scalar)
        }
        return text
    }

    /// Without white space at its ends.
    var trimmed: String {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[first...last])
    }
}
