import Basics

/// The proxies of the environment, read as Go's `golang.org/x/net/http/httpproxy` reads them.
///
/// containerd and the kubelet use that package too.
struct ProxySettings: Sendable {
    /// An HTTP proxy, used with CONNECT.
    ///
    /// The description does not contain the credential.
    struct Proxy: Sendable, Hashable, CustomStringConvertible {
        var origin: Origin
        var credential: Credential?
        var description: String { origin.hostAndPort }
    }

    /// The proxy for http:// requests.
    private let plain: Proxy?
    /// The proxy for https:// requests.
    private let secure: Proxy?
    private let exceptions: ProxyExceptions

    /// Reads `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, or their lower-case forms if one is not set or empty.
    ///
    /// - Throws: ``SetupError`` with `bad-proxy` if a proxy is not `host:port` or `http://[user:password@]host[:port]`.
    init(environment: [String: String]) throws(SetupError) {
        func value(_ name: String) -> String? {
            if let value = environment[name], !value.isEmpty { return value }
            return environment[name.lowercased()].flatMap { $0.isEmpty ? nil : $0 }
        }
        plain = try Self.proxy(value("HTTP_PROXY"), variable: "HTTP_PROXY")
        secure = try Self.proxy(value("HTTPS_PROXY"), variable: "HTTPS_PROXY")
        exceptions = ProxyExceptions(value("NO_PROXY") ?? "")
    }

    /// The proxy for a request to `origin`; nil for a direct connection.
    func proxy(for origin: Origin) -> Proxy? {
        guard let proxy = origin.isSecure ? secure : plain, !exceptions.contains(origin) else { return nil }
        return proxy
    }

    private static func proxy(_ text: String?, variable: String) throws(SetupError) -> Proxy? {
        guard let text else { return nil }
        var rest = Substring(text)
        if let scheme = rest.firstRange(of: "://") {
            guard rest[..<scheme.lowerBound].lowercased() == "http" else {
                throw SetupError(.badProxy, "\(variable): only http:// proxies are supported")
            }
            rest = rest[scheme.upperBound...]
        }
        if let slash = rest.firstIndex(of: "/") { rest = rest[..<slash] }
        var credential: Credential?
        if let at = rest.lastIndex(of: "@") {
            let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard let username = decoded(parts[0]), let password = parts.count == 2 ? decoded(parts[1]) : "" else {
                throw SetupError(
                    .badProxy,
                    "\(variable): the user name or the password is not percent-encoded correctly"
                )
            }
            credential = .basic(username: username, password: password)
            rest = rest[rest.index(after: at)...]
        }
        guard let origin = Origin(rest, isSecure: false) else {
            throw SetupError(.badProxy, "\(variable): expected host:port or http://host:port")
        }
        return Proxy(origin: origin, credential: credential)
    }

    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = String(Substring(rest.prefix(2)))
            guard digits.utf8.count == 2, let value = UInt8(digits, radix: 16) else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

/// The hosts of `NO_PROXY`, in the forms that Go's `httpproxy` reads.
///
/// The list is separated by commas. An entry is `*` for all hosts, an address, a CIDR range, `example.com` for the host
/// and its subdomains, or `.example.com` or `*.example.com` for the subdomains only. Names and addresses can have a
/// `:port`. Requests to loopback addresses and `localhost` never use a proxy.
struct ProxyExceptions: Sendable {
    private enum Pattern: Sendable {
        case all
        case range(AddressRange)
        case address(IPAddress, port: Int?)
        case domain(suffix: String, includesItself: Bool, port: Int?)
    }

    private var patterns: [Pattern] = []

    init(_ text: String) {
        for item in text.split(separator: ",").map({ $0.trimmed.lowercased() }) where !item.isEmpty {
            if item == "*" {
                patterns = [.all]
                return
            }
            if item.contains("/") {
                if let range = AddressRange(item) { patterns.append(.range(range)) }
                continue
            }
            if let address = IPAddress(item) {
                patterns.append(.address(address, port: nil))
                continue
            }
            var host = Substring(item)
            var port: Int?
            if let colon = item.lastIndex(of: ":"), let number = Int(item[item.index(after: colon)...]) {
                port = number
                host = item[..<colon]
            }
            if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
            if let address = IPAddress(host) {
                patterns.append(.address(address, port: port))
                continue
            }
            if host.hasPrefix("*.") { host = host.dropFirst() }
            let isBelowOnly = host.hasPrefix(".")
            guard host.utf8.count > (isBelowOnly ? 1 : 0) else { continue }
            let suffix = isBelowOnly ? String(host) : ".\(host)"
            patterns.append(.domain(suffix: suffix, includesItself: !isBelowOnly, port: port))
        }
    }

    /// Whether a request to `origin` does not use a proxy.
    func contains(_ origin: Origin) -> Bool {
        let host = origin.host
        let address = IPAddress(host)
        if host == "localhost" { return true }
        if let address, AddressRange("127.0.0.0/8")?.contains(address) == true || address == IPAddress("::1") {
            return true
        }
        return patterns.contains { pattern in
            switch pattern {
            case .all: true
            case .range(let range): address.map(range.contains) ?? false
            case .address(let known, let port): address == known && (port ?? origin.port) == origin.port
            case .domain(let suffix, let includesItself, let port):
                (port ?? origin.port) == origin.port
                    && (host.hasSuffix(suffix) || (includesItself && ".\(host)" == suffix))
            }
        }
    }
}
