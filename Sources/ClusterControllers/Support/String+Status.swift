extension String {
    /// This text fit for a condition or an Event: no control characters but line breaks, at most 1 KiB.
    ///
    /// That is how long the note of an Event may be (k8s.io/api, events/v1, types.go).
    var statusText: String {
        let limit = 1024
        let ellipsis = "…"
        var text = ""
        var bytes = 0
        for scalar in unicodeScalars where scalar == "\n" || scalar.properties.generalCategory != .control {
            bytes += UTF8.width(scalar)
            guard bytes <= limit else {
                while text.utf8.count > limit - ellipsis.utf8.count { text.unicodeScalars.removeLast() }
                return text + ellipsis
            }
            text.unicodeScalars.append(scalar)
        }
        return text
    }
}
