import AsyncHTTPClient
import NIOCore
import NIOSSL

/// Asks the API server, and no other host: redirects are errors, and the certificate is always verified.
///
/// A write is sent once. A read is sent once more where the connection breaks.
public struct KubernetesClient: Sendable {
    let access: ClusterAccess
    /// For requests that end soon.
    let requests: HTTPClient
    /// For watches, whose connections are quiet for a minute at a time.
    let watches: HTTPClient
    let tls: TLSConfiguration
    /// How long one request may take, its connection and its body included.
    var timeout: Duration

    /// Creates a client, to be closed by ``shutdown()``.
    ///
    /// - Parameter timeout: how long one request may take, connection included.
    public init(_ access: ClusterAccess, timeout: Duration = .seconds(15)) throws(KubernetesAPIError) {
        self.init(access, timeout: timeout, quietWatch: .seconds(90))
    }

    /// - Parameter quietWatch: how long a watch may say nothing.
    ///   The API server sends a bookmark each minute once it saw a change of the kind (apiserver, storage/cacher). A
    ///   longer silence may be a connection that is gone without a word; to watch again costs one request.
    init(_ access: ClusterAccess, timeout: Duration, quietWatch: Duration) {
        self.access = access
        self.timeout = timeout
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        if let authorities = access.authorities { tls.trustRoots = .certificates(authorities) }
        self.tls = tls
        let connect = TimeAmount(min(timeout, .seconds(10)))
        requests = Self.client(access, tls, timeout: .init(connect: connect), connections: 16)
        let watching = HTTPClient.Configuration.Timeout(connect: connect, read: TimeAmount(quietWatch))
        watches = Self.client(access, tls, timeout: watching, connections: 64)
    }

    private static func client(
        _ access: ClusterAccess,
        _ tls: TLSConfiguration,
        timeout: HTTPClient.Configuration.Timeout,
        connections: Int
    ) -> HTTPClient {
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls,
            redirectConfiguration: .disallow,
            timeout: timeout,
            decompression: .disabled
        )
        configuration.httpVersion = .http1Only
        // Shorter than what Go's servers wait, so that a write seldom meets a connection that is just being closed.
        configuration.connectionPool.idleTimeout = .seconds(30)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connections
        // A wrong certificate stays wrong; a pool that goes on trying hides the reason until the time is over.
        configuration.connectionPool.retryConnectionEstablishment = false
        if let name = access.server.certificateName { configuration.dnsOverride = [name: access.server.host] }
        return HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
    }

    /// Closes all connections; requests sent later fail.
    public func shutdown() async {
        try? await requests.shutdown()
        try? await watches.shutdown()
    }

    /// Runs `body` with a client that is closed afterwards.
    ///
    /// - Parameter timeout: how long one request may take, connection included.
    public static func withClient<Result>(
        for access: ClusterAccess,
        timeout: Duration = .seconds(15),
        _ body: (KubernetesClient) async throws -> Result
    ) async throws -> Result {
        let client = try KubernetesClient(access, timeout: timeout)
        do {
            let result = try await body(client)
            await client.shutdown()
            return result
        } catch {
            await client.shutdown()
            throw error
        }
    }

    /// The same client with requests that may take at most `timeout`.
    func limited(to timeout: Duration) -> KubernetesClient {
        var client = self
        client.timeout = min(timeout, self.timeout)
        return client
    }
}
