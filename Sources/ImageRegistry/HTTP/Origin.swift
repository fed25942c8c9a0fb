import JSON

/// A scheme, host and port: what credentials are bound to.
struct Origin: Sendable, Hashable, CustomStringConvertible {
    /// Whether the scheme is https.
    let isSecure: Bool
    /// The host in lower case; an IPv6 address without its brackets.
    let host: String
    /// The port, the scheme's own where none was written.
    let port: Int

    init(isSecure: Bool, host: String, port: Int?) {
        self.isSecure = isSecure
        self.host = host.lowercased()
        self.port = port ?? (isSecure ? 443 : 80)
    }

    /// Reads `host`, `host:port` or `[IPv6]:port`; nil where that is no host that could be connected to.
    init?(_ text: some StringProtocol, isSecure: Bool) {
        var host = Substring(text)
        var port: Int?
        if host.first == "[" {
            guard let end = host.firstIndex(of: "]") else { return nil }
            let rest = host[host.index(after: end)...]
            host = host[host.index(after: host.startIndex)..<end]
            guard host.contains(":"), IPAddress(host) != nil else { return nil }
            if !rest.isEmpty {
                guard rest.first == ":", let number = Self.port(rest.dropFirst()) else { return nil }
                port = number
            }
        } else {
            if let colon = host.firstIndex(of: ":") {
                guard let number = Self.port(host[host.index(after: colon)...]) else { return nil }
                port = number
                host = host[..<colon]
            }
            guard Self.isName(host) else { return nil }
        }
        self.init(isSecure: isSecure, host: String(host), port: port)
    }

    /// The host, with the port where it is not the scheme's own.
    var hostAndPort: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    var description: String { "\(isSecure ? "https" : "http")://\(hostAndPort)" }

    private static func port(_ text: Substring) -> Int? {
        guard text.utf8.allSatisfy(\.isASCIIDigit), let port = Int(text), (1...65535).contains(port) else { return nil }
        return port
    }

    /// A DNS name or a dotted IPv4 address.
    ///
    /// A last label that is a number is neither: resolvers read `0x7f.1` and `2130706433` as addresses, and two
    /// programs seldom as the same one.
    private static func isName(_ host: Substring) -> Bool {
        guard !host.isEmpty, host.utf8.count <= 253 else { return false }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        let isSound = labels.allSatisfy { label in
            (1...63).contains(label.utf8.count)
                && label.utf8.allSatisfy {
                    $0.isASCIILetter || $0.isASCIIDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
                }
        }
        guard isSound, let last = labels.last else { return false }
        let isNumber = last.utf8.allSatisfy(\.isASCIIDigit) || last.lowercased().hasPrefix("0x")
        return !isNumber || IPAddress(host) != nil
    }
}
