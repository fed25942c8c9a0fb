import Basics
import FoundationEssentials

/// The API server's address.
struct ServerAddress: Sendable, Hashable, CustomStringConvertible {
    /// The host; an IPv6 address has no brackets.
    let host: String
    let port: Int
    /// The path before the API's own paths, for servers behind a gateway; it does not end with a slash.
    let prefix: String
    /// The name in the server's certificate if it is not the host.
    let certificateName: String?

    init(host: String, port: Int, prefix: String = "", certificateName: String? = nil) {
        self.host = host
        self.port = port
        self.prefix = prefix
        self.certificateName = certificateName
    }

    /// Reads `https://HOST[:PORT][/PREFIX]`; nil for any other text.
    init?(_ text: String, certificateName: String? = nil) {
        guard let parts = URLComponents(string: text), parts.scheme?.lowercased() == "https",
            let host = parts.host?.filter({ $0 != "[" && $0 != "]" }), !host.isEmpty,
            parts.user == nil, parts.password == nil, parts.query == nil, parts.fragment == nil
        else { return nil }
        var prefix = parts.percentEncodedPath
        while prefix.last == "/" { prefix.removeLast() }
        self.init(host: host, port: parts.port ?? 443, prefix: prefix, certificateName: certificateName)
    }

    /// The host and the port as the Host header has them.
    var authority: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }

    /// The address as a URL, for messages.
    var description: String { "https://\(authority)\(prefix)" }

    /// The start of every request's URL; it has the certificate's name, because the HTTP client verifies that name.
    var requestBase: String {
        guard let certificateName else { return description }
        return "https://\(certificateName):\(port)\(prefix)"
    }
}
