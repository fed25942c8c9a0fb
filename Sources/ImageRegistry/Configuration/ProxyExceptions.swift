import Basics

/// The hosts of `NO_PROXY`, in the forms that Go's `httpproxy` knows.
///
/// Separated by commas: `*` for all; an address or a CIDR range; `example.com` for the host and all below it;
/// `.example.com` or `*.example.com` for those below only; each name and address also with `:port`. Loopback and
/// `localhost` never go through a proxy.
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

    /// Whether a request to `origin` goes straight.
    func contain(_ origin: Origin) -> Bool {
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
