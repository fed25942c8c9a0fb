/// What a client may cost.
public struct ServerLimits: Sendable {
    /// The longest body, in bytes; the API server sends the object and the old object, each at most 3 MiB.
    public var bodyBytes = 7 << 20
    /// What the bodies of all requests at once may hold, in bytes; taken apart, a body needs some eight times its size.
    public var bufferedBytes = 16 << 20
    /// From the connection's start to the end of the first request's header, the TLS handshake included.
    public var headTimeout = Duration.seconds(10)
    /// From the end of a request's header to the end of its body.
    public var bodyTimeout = Duration.seconds(10)
    /// From a response to the end of the next request's header.
    ///
    /// Longer than the 90 s after which the API server closes an idle connection, lest a request meet a closing one.
    public var keepAliveTimeout = Duration.seconds(120)
    /// How long a closing connection is read on, so that the client sees the response and no reset.
    public var lingerTimeout = Duration.seconds(1)
    /// The connections that are served.
    public var connections = 512
    /// The connections beyond those that are told 503; further ones wait in the kernel's queue.
    public var surplusConnections = 64
    /// The admissions that are decided at once.
    public var admissions = 512
    /// The longest header, all fields together, in bytes.
    public var headerBytes = 16 << 10
    /// The most fields of a header.
    public var headerFields = 64

    /// Creates the limits of a server in a cluster.
    public init() {}
}
