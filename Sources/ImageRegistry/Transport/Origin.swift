import JSON

/// A scheme, host and port; the client sends a credential only to the origin that it belongs to.
struct Origin: Sendable, Hashable, CustomStringConvertible {
    /// Whether the scheme is `https`.
    let isSecure: Bool
    /// The host in lower case; an IPv6 address without brackets.
    let host: String
    /// The port; by default 443 for https and 80 for http.
    let port: Int

    init(isSecure: Bool, host: String, port: Int?) {
        self.isSecure = isSecure
        self.host = host.lowercased()
        self.port = port ?? (isSecure ? 443 : 80)
    }

    /// Reads `host`, `host:port` or `[IPv6]:port`; nil if the text is not a valid host.
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

    /// The host, with the port unless it is the default port of the scheme.
    var hostAndPort: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    var description: String { "\(isSecure ? "https" : "http")://\(hostAndPort)" }

    private static func port(_ text: Substring) -> Int? {
        guard text.utf8.allSatisfy(\.isASCIIDigit), let port = Int(text), (1...65535).contains(port) else { return nil }
        return port
    }

    /// Whether `host` is a DNS name or a dotted IPv4 address.
    ///
    /// If the last label is a number, the host must be an IPv4 address: resolvers read `0x7f.1` and `2130706433` as
    /// addresses too, but two programs often read them as different addresses.
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
