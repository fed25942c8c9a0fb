/// The host and port that a server listens on.
public struct ListenAddress: Sendable, Equatable, CustomStringConvertible {
    /// A host name or an IP address; an IPv6 address without brackets.
    public var host: String
    /// The port; with 0 the system chooses one.
    public var port: Int

    /// Creates an address; `host` is used as it is.
    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Parses `HOST:PORT`, such as `0.0.0.0:8443`, `localhost:0` or `[::]:8443`.
    ///
    /// - Returns: Nil if the port or the host is missing or not valid, or an IPv6 address has no brackets.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let port = Int(digits), (0...65535).contains(port)
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        self.init(host: String(host), port: port)
    }

    /// The text that ``init(_:)`` parses.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
