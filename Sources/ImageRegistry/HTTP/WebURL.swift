import JSON

/// An http or https URL, in the narrow form that is safe to hand on to another parser.
///
/// The client that sends the request reads the URL again with a parser of its own. What is checked here and what is
/// connected to there must not differ, so that user names, fragments, backslashes and unescaped characters are refused
/// rather than understood.
struct WebURL: Sendable, Hashable, CustomStringConvertible {
    /// Where it leads.
    let origin: Origin
    /// The path with its leading slash, and the query.
    let target: String

    init(_ origin: Origin, target: String) {
        self.origin = origin
        self.target = target.hasPrefix("/") ? target : "/" + target
    }

    /// Reads an absolute URL.
    init?(_ text: some StringProtocol) {
        guard let mark = text.firstRange(of: "://") else { return nil }
        let scheme = text[..<mark.lowerBound].lowercased()
        guard scheme == "https" || scheme == "http" else { return nil }
        let rest = text[mark.upperBound...]
        let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
        guard let origin = Origin(rest[..<end], isSecure: scheme == "https"), Self.isTarget(rest[end...]) else {
            return nil
        }
        self.init(origin, target: String(rest[end...]))
    }

    /// Reads a `Location`: absolute, `//host/path`, `/path`, or relative to this URL's last slash.
    func redirected(to location: String) -> WebURL? {
        if let url = WebURL(location) { return url }
        if location.hasPrefix("//") {
            return WebURL("\(origin.isSecure ? "https" : "http"):\(location)")
        }
        guard !location.isEmpty, Self.isTarget(location[...]) else { return nil }
        if location.hasPrefix("/") { return WebURL(origin, target: location) }
        // What has a colon before any slash is a scheme of another kind.
        guard !location.prefix(while: { $0 != "/" && $0 != "?" }).contains(":") else { return nil }
        let path = target.prefix { $0 != "?" }
        guard let slash = path.lastIndex(of: "/") else { return nil }
        return WebURL(origin, target: path[...slash] + location)
    }

    /// The path, without the query.
    var path: String { String(target.prefix { $0 != "?" }) }

    var description: String { "\(origin)\(target)" }

    private static func isTarget(_ text: some StringProtocol) -> Bool {
        text.utf8.count <= 8192 && text.utf8.allSatisfy { $0.isASCIIVisible && !"\"#<>\\^`{|}".utf8.contains($0) }
    }
}
