import JSON

/// An http or https URL, restricted to a form that every parser reads in the same way.
///
/// The HTTP client parses the URL again with its own parser. The host that is checked here must be the host that the
/// HTTP client connects to. Therefore this type refuses user names, fragments, backslashes and unescaped characters.
struct WebURL: Sendable, Hashable, CustomStringConvertible {
    /// The scheme, host and port.
    let origin: Origin
    /// The path with its leading slash, and the query if there is one.
    let target: String

    init(_ origin: Origin, target: String) {
        self.origin = origin
        self.target = target.hasPrefix("/") ? target : "/" + target
    }

    /// Reads an absolute URL; nil if it is not in the restricted form.
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

    /// The URL of a `Location` header: absolute, `//host/path`, `/path`, or relative to the last slash of the path.
    func redirected(to location: String) -> WebURL? {
        if let url = WebURL(location) { return url }
        if location.hasPrefix("//") {
            return WebURL("\(origin.isSecure ? "https" : "http"):\(location)")
        }
        guard !location.isEmpty, Self.isTarget(location[...]) else { return nil }
        if location.hasPrefix("/") { return WebURL(origin, target: location) }
        // A colon before the first slash means another scheme, such as `mailto:`.
        guard !location.prefix(while: { $0 != "/" && $0 != "?" }).contains(":") else { return nil }
        let path = target.prefix { $0 != "?" }
        guard let slash = path.lastIndex(of: "/") else { return nil }
        return WebURL(origin, target: path[...slash] + location)
    }

    var description: String { "\(origin)\(target)" }

    private static func isTarget(_ text: some StringProtocol) -> Bool {
        text.utf8.count <= 8192 && text.utf8.allSatisfy { $0.isASCIIVisible && !"\"#<>\\^`{|}".utf8.contains($0) }
    }
}
