/// The settings of an ``AdmissionServer``.
public struct AdmissionServerConfiguration: Sendable {
    /// The address of the webhooks, HTTPS.
    public var listen = ListenAddress(host: "0.0.0.0", port: 8443)
    /// The address of health and metrics for the kubelet and Prometheus, plain HTTP; nil to serve neither.
    public var opsListen: ListenAddress? = ListenAddress(host: "0.0.0.0", port: 8080)
    /// The source of the serving certificate.
    public var certificate: ServingCertificateSource
    /// A PEM file with the CAs of client certificates; nil if clients need no certificate.
    ///
    /// It is read once: after a change of the API server's CA the server must be restarted.
    public var clientCAFile: String?
    /// Returns the ends of the webhooks' paths that a client can use; nil if the paths have no such end.
    ///
    /// Only a client that knows the webhook configurations can then send reviews. Other requests get status 404.
    public var pathSegments: (@Sendable () -> Set<String>)?
    /// The interval at which the certificate is read again.
    public var reloadInterval = Duration.seconds(10)
    /// The time that the server continues to serve after SIGTERM, until the Service's endpoints no longer name it.
    public var shutdownDelay = Duration.seconds(5)
    /// The longest shutdown after ``shutdownDelay``; requests that are still open then are cancelled.
    public var shutdownTimeout = Duration.seconds(30)
    /// The limits on clients.
    public var limits = ServerLimits()

    /// Creates the settings of a server in a cluster.
    public init(certificate: ServingCertificateSource) {
        self.certificate = certificate
    }
}

/// The source of a serving certificate with its chain and its private key, both PEM.
public enum ServingCertificateSource: Sendable {
    /// Two files, which are read again while the server runs.
    case files(certificate: String, key: String)
    /// Two texts, which never change.
    case memory(certificate: String, key: String)
    /// A function that returns the current pair; the server calls it again while it runs.
    case provided(@Sendable () -> (certificate: String, key: String))
}

/// The limits on the memory and time that clients can use.
public struct ServerLimits: Sendable {
    /// The longest body in bytes.
    ///
    /// The API server sends the object and the old object. etcd limits each to 1.5 MiB in protobuf, in which a character
    /// takes one byte that takes six in JSON. Of a body longer than 7 MiB, the server reads what it needs to refuse it.
    public var bodyBytes = 20 << 20
    /// The limit on the bodies of all requests together, in bytes; a parsed body needs about eight times its size.
    public var bufferedBytes = 20 << 20
    /// The time from the start of a connection to the end of the first request's header, with the TLS handshake.
    public var headTimeout = Duration.seconds(10)
    /// The time from the end of a request's header to the end of its body.
    public var bodyTimeout = Duration.seconds(10)
    /// The time from a response to the end of the next request's header.
    ///
    /// It is longer than the 90 s after which the API server closes an idle connection, so that the server does not
    /// close a connection on which a request is under way.
    public var keepAliveTimeout = Duration.seconds(120)
    /// The time that a closing connection is still read, so that the client gets the response and not a reset.
    public var lingerTimeout = Duration.seconds(1)
    /// The limit on connections whose requests are served.
    public var connections = 512
    /// The limit on further connections, whose requests get status 503; all others wait in the kernel's queue.
    public var surplusConnections = 64
    /// The limit on admissions that are decided at the same time.
    public var admissions = 512
    /// The limit on a request's header in bytes, all fields together.
    public var headerBytes = 16 << 10
    /// The limit on the number of fields of a request's header.
    public var headerFields = 64

    /// Creates the limits of a server in a cluster.
    public init() {}
}

/// A setting that keeps the server from starting: an option, an environment variable or a file.
public struct SettingsError: Error, Equatable, CustomStringConvertible {
    /// The option, environment variable or file.
    public let subject: String
    /// What is wrong with it.
    public let reason: String

    /// Creates the error with a subject and what is wrong with it.
    public init(subject: String, reason: String) {
        self.subject = subject
        self.reason = reason
    }

    /// Such as `--listen: expected HOST:PORT, found "x"`.
    public var description: String { "\(subject): \(reason)" }
}
