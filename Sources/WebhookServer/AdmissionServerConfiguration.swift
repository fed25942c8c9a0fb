/// How the server listens, with what certificate, and how it ends.
public struct AdmissionServerConfiguration: Sendable {
    /// Where the API server connects to, over TLS.
    public var listen = ListenAddress(host: "0.0.0.0", port: 8443)
    /// Where the kubelet and Prometheus connect to, in plain HTTP; nil for nowhere.
    public var opsListen: ListenAddress? = ListenAddress(host: "0.0.0.0", port: 8080)
    /// Where the serving certificate comes from.
    public var certificate: ServingCertificateSource
    /// A file with the PEM certificates of those who may sign clients' certificates; nil where clients need none.
    ///
    /// It is read once: whoever replaces the API server's CA restarts the server.
    public var clientCAFile: String?
    /// How often the certificate's files are read again.
    public var reloadInterval = Duration.seconds(10)
    /// How long the server goes on after it is told to stop, for the Service's endpoints to be told as well.
    public var shutdownDelay = Duration.seconds(5)
    /// The longest the whole end may take, after ``shutdownDelay``: requests still open then are cut off.
    public var shutdownTimeout = Duration.seconds(30)
    /// What a client may cost.
    public var limits = ServerLimits()

    /// Creates a configuration with the defaults of a server in a cluster.
    public init(certificate: ServingCertificateSource) {
        self.certificate = certificate
    }
}

/// Where a serving certificate and its key come from, both in PEM.
public enum ServingCertificateSource: Sendable {
    /// Two files, read again while the server runs.
    case files(certificate: String, key: String)
    /// Two texts, for a server that lives no longer than they do.
    case memory(certificate: String, key: String)
    /// Whatever pair is the right one at that moment, asked for again while the server runs.
    case provided(@Sendable () -> (certificate: String, key: String))
}

/// Why a server cannot be made of its configuration.
public struct ServerConfigurationError: Error, Equatable, CustomStringConvertible {
    /// The file, or what else it is about.
    public let subject: String
    /// What is wrong with it.
    public let reason: String

    /// Subject and reason.
    public var description: String { "\(subject): \(reason)" }
}

/// A host and port to listen on.
public struct ListenAddress: Sendable, Equatable, CustomStringConvertible {
    /// A name or an address; an IPv6 address without its brackets.
    public var host: String
    /// The port; 0 for one of the system's choice.
    public var port: Int

    /// Creates an address.
    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Parses `HOST:PORT`, such as `0.0.0.0:8443`, `localhost:0` or `[::]:8443`.
    ///
    /// - Returns: Nil where the text is none: no port, no host, or an IPv6 address without brackets.
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

    /// As ``init(_:)`` reads it.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
