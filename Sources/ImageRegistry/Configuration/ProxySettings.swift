/// Which requests go through a proxy, from the environment, as Go's `golang.org/x/net/http/httpproxy` reads it and
/// therefore containerd and the kubelet do.
struct ProxySettings: Sendable {
    /// An HTTP proxy, asked with CONNECT.
    ///
    /// Its text does not show the password.
    struct Proxy: Sendable, Hashable, CustomStringConvertible {
        var origin: Origin
        var credential: Credential?
        var description: String { origin.hostAndPort }
    }

    /// For http:// requests.
    let plain: Proxy?
    /// For https:// requests.
    let secure: Proxy?
    let exceptions: ProxyExceptions

    /// Reads `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`; where one is not set or empty, its lower-case form.
    ///
    /// - Throws: ``SetupError`` where a proxy is not `host:port` or `http://[user:password@]host[:port]`.
    init(environment: [String: String]) throws(SetupError) {
        func value(_ name: String) -> String? {
            if let value = environment[name], !value.isEmpty { return value }
            return environment[name.lowercased()].flatMap { $0.isEmpty ? nil : $0 }
        }
        plain = try Self.proxy(value("HTTP_PROXY"), variable: "HTTP_PROXY")
        secure = try Self.proxy(value("HTTPS_PROXY"), variable: "HTTPS_PROXY")
        exceptions = ProxyExceptions(value("NO_PROXY") ?? "")
    }

    /// The proxy for a request to `origin`; nil where it goes straight.
    func proxy(for origin: Origin) -> Proxy? {
        guard let proxy = origin.isSecure ? secure : plain, !exceptions.contain(origin) else { return nil }
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
                throw SetupError(.badProxy, "\(variable): the user or password is not percent-encoded")
            }
            credential = .basic(username: username, password: password)
            rest = rest[rest.index(after: at)...]
        }
        guard let origin = Origin(rest, isSecure: false) else {
            throw SetupError(.badProxy, "\(variable): not a proxy's host and port")
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
