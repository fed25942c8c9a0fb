extension String {
    /// This text fit for a header, a log line or a terminal: no control or formatting characters, at most `limit` long.
    ///
    /// The API server silently drops a warning that holds a control character (endpoints/filters/warning.go), and
    /// what a client sent may have been chosen to confuse whoever reads it.
    func plain(limit: Int) -> String {
        // Printable ASCII is nearly everything that comes by here.
        if utf8.count <= limit, utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return self }
        var text = ""
        var count = 0
        for scalar in unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: continue
            default: break
            }
            guard count < limit else { return String(text.unicodeScalars.dropLast()) + "…" }
            text.unicodeScalars.append(scalar)
            count += 1
        }
        return text
    }
}
