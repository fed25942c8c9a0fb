import Basics
import FoundationEssentials

/// The API server's address.
struct ServerAddress: Sendable, Hashable, CustomStringConvertible {
    /// The host, an IPv6 address without brackets.
    let host: String
    /// The port.
    let port: Int
    /// What stands before every path, for servers behind a gateway; without a slash at the end.
    let prefix: String
    /// The name in the server's certificate, where it is another than the host.
    let certificateName: String?

    /// An address of its parts.
    init(host: String, port: Int, prefix: String = "", certificateName: String? = nil) {
        self.host = host
        self.port = port
        self.prefix = prefix
        self.certificateName = certificateName
    }

    /// Reads `https://HOST[:PORT][/PREFIX]`; nil for anything else.
    init?(_ text: String, certificateName: String? = nil) {
        guard let parts = URLComponents(string: text), parts.scheme?.lowercased() == "https",
            let host = parts.host?.filter({ $0 != "[" && $0 != "]" }), !host.isEmpty,
            parts.user == nil, parts.password == nil, parts.query == nil, parts.fragment == nil
        else { return nil }
        var prefix = parts.percentEncodedPath
        while prefix.last == "/" { prefix.removeLast() }
        self.init(host: host, port: parts.port ?? 443, prefix: prefix, certificateName: certificateName)
    }

    /// The host and the port, as a Host header has them.
    var authority: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }

    /// The address for people.
    var description: String { "https://\(authority)\(prefix)" }

    /// What requests are addressed to: the client verifies the certificate by this name.
    var requestBase: String {
        guard let certificateName else { return description }
        return "https://\(certificateName):\(port)\(prefix)"
    }
}
