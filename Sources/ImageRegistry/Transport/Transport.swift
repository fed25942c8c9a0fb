import AsyncHTTPClient
import Basics
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import PodAdmission
import Synchronization

/// One HTTP request, and the limits for its response.
struct TransportRequest: Sendable {
    var url: WebURL
    var headers: [(name: String, value: String)] = []
    /// The body of a POST; nil for a GET.
    var content: Content?
    /// How far the operator vouches for the host.
    var trust = HostTrust.stranger
    /// Whether the request is for a cloud's metadata server: only that address is allowed, and no proxy is used.
    var isForMetadataServer = false
    /// Whether the operator's TLS settings for registries apply, including `*` and `insecure_skip_verify`.
    ///
    /// False for requests to clouds: those requests carry a proof of identity, so the certificate is always verified.
    var isForRegistry = true
    /// The largest body to read, in bytes; for a longer body the client closes the connection.
    var limit: Int

    /// A request body with its media type.
    struct Content: Sendable {
        var type: String
        var text: String

        /// A URL-encoded form.
        static func form(_ fields: KeyValuePairs<String, String>) -> Content {
            Content(
                type: "application/x-www-form-urlencoded",
                text: fields.map { "\($0.percentEncoded)=\($1.percentEncoded)" }.joined(separator: "&")
            )
        }
    }
}

/// Sends single HTTP requests: it checks the address, sets up TLS and the proxy, and limits the size of the response.
///
/// It does not follow redirects; the caller gets them as responses.
///
/// There is one HTTP client for each route, because the address rules and the proxy are settings of a whole client.
final class Transport: Sendable {
    private enum Route: Hashable {
        case direct(HostTrust)
        case metadataServer
        case proxy(ProxySettings.Proxy)

        var isProxied: Bool {
            if case .proxy = self { true } else { false }
        }
    }

    private let tls: TLSSettings
    private let proxies: ProxySettings
    private let addressGuard: AddressGuard
    private let networks: RefusedNetworks
    private let connectTimeout: Duration
    private let budget: BodyBudget
    private let clients = Mutex<[Route: HTTPClient]>([:])

    init(
        tls: TLSSettings,
        proxies: ProxySettings,
        addressGuard: AddressGuard,
        networks: RefusedNetworks = RefusedNetworks(),
        connectTimeout: Duration,
        budget: BodyBudget = BodyBudget(limit: .max)
    ) {
        self.tls = tls
        self.proxies = proxies
        self.addressGuard = addressGuard
        self.networks = networks
        self.connectTimeout = connectTimeout
        self.budget = budget
    }

    /// Closes all connections; later requests open new ones.
    func shutdown() async {
        let clients = clients.withLock { clients in
            defer { clients = [:] }
            return Array(clients.values)
        }
        for client in clients { try? await client.shutdown() }
    }

    /// Sends a request and reads the response.
    ///
    /// There is no timeout except for the connection; the request ends when the calling task is cancelled.
    ///
    /// - Throws: ``RegistryFailure`` with `forbidden-address`, `unreachable`, `tls` or `deadline` if there is no
    ///   response, and `bad-response` if the response is not HTTP or is a success with a body over the limit.
    func send(_ request: TransportRequest) async throws(RegistryFailure) -> TransportResponse {
        let host = request.url.origin.host
        let route = route(of: request)
        try await addressGuard.check(
            host,
            rules: rules(of: route, trust: request.trust),
            isProxied: route.isProxied
        )
        let client = client(for: route)
        do {
            let response = try await execute(clientRequest(request), with: client)
            let isSuccess = (200..<300).contains(response.status.code)
            let limit = isSuccess ? request.limit : min(request.limit, 64 << 10)
            let reservation = BodyBudget.Reservation(budget)
            let body = try await Self.read(response, limit: limit, reservation)
            try Task.checkCancellation()
            guard body != nil || !isSuccess else {
                throw RegistryFailure(.badResponse, "\(host): a response of more than \(limit) bytes")
            }
            return TransportResponse(
                status: Int(response.status.code),
                headers: response.headers,
                body: body,
                reservation: reservation
            )
        } catch {
            throw Self.failure(error, host: host)
        }
    }

    private func route(of request: TransportRequest) -> Route {
        if request.isForMetadataServer { return .metadataServer }
        if let proxy = proxies.proxy(for: request.url.origin) { return .proxy(proxy) }
        return .direct(request.trust)
    }

    private func rules(of route: Route, trust: HostTrust) -> AddressRules {
        AddressRules(trust: trust, networks: networks, isForMetadataServer: route == .metadataServer)
    }

    /// Sends a GET again if the server had already closed the kept connection that the client used.
    ///
    /// The client has no deadline here, because its deadline ends with the response head; task cancellation also covers
    /// the body.
    private func execute(_ request: HTTPClientRequest, with client: HTTPClient) async throws -> HTTPClientResponse {
        do {
            return try await client.execute(request, deadline: .distantFuture)
        } catch  where request.method == .GET && Self.isClosedConnection(error) {
            return try await client.execute(request, deadline: .distantFuture)
        }
    }

    private func clientRequest(_ request: TransportRequest) -> HTTPClientRequest {
        var result = HTTPClientRequest(url: request.url.description)
        result.headers.add(name: "User-Agent", value: "polypod")
        for header in request.headers { result.headers.add(name: header.name, value: header.value) }
        if let content = request.content {
            result.method = .POST
            result.headers.add(name: "Content-Type", value: content.type)
            result.body = .bytes(ByteBuffer(string: content.text))
        }
        if request.isForRegistry { result.tlsConfiguration = tls.configuration(for: request.url.origin) }
        return result
    }

    /// Reads the body; nil if it is longer than `limit` bytes.
    ///
    /// Leaving the loop closes the connection, so an endless body costs only the memory of the buffers.
    ///
    /// - Throws: ``RegistryFailure`` with `overloaded` if the bodies of all responses together are too long.
    private static func read(
        _ response: HTTPClientResponse,
        limit: Int,
        _ reservation: BodyBudget.Reservation
    ) async throws -> [UInt8]? {
        if let length = response.headers.first(name: "Content-Length").flatMap({ Int($0) }), length > limit {
            return nil
        }
        var bytes: [UInt8] = []
        for try await part in response.body {
            let length = bytes.count + part.readableBytes
            guard length <= limit else { return nil }
            guard reservation.grow(to: length) else {
                throw RegistryFailure(.overloaded, "too many bytes from registries at once")
            }
            bytes.append(contentsOf: part.readableBytesView)
        }
        return bytes
    }

    private func client(for route: Route) -> HTTPClient {
        clients.withLock { clients in
            if let client = clients[route] { return client }
            let client = HTTPClient(
                eventLoopGroup: HTTPClient.defaultEventLoopGroup,
                configuration: configuration(for: route)
            )
            clients[route] = client
            return client
        }
    }

    private func configuration(for route: Route) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls.standard,
            redirectConfiguration: .disallow,
            timeout: HTTPClient.Configuration.Timeout(connect: TimeAmount(connectTimeout)),
            decompression: .disabled
        )
        // The peer check hook exists for HTTP/1.1 only. A look-up is one to three requests, one after the other.
        configuration.httpVersion = .http1Only
        configuration.connectionPool.idleTimeout = .seconds(30)
        // Retries are made for a whole look-up, with its own rules. Retries in the pool would hide the error.
        configuration.connectionPool.retryConnectionEstablishment = false
        var trust = HostTrust.configured
        switch route {
        case .direct(let ofHost): trust = ofHost
        case .metadataServer: break
        case .proxy(let proxy):
            var authorization: HTTPClient.Authorization?
            if case .basic(let username, let password) = proxy.credential {
                authorization = .basic(username: username, password: password)
            }
            configuration.proxy = .server(
                host: proxy.origin.host,
                port: proxy.origin.port,
                authorization: authorization
            )
        }
        configuration.http1_1ConnectionDebugInitializer = PeerCheck.initializer(
            rules: rules(of: route, trust: trust)
        )
        return configuration
    }

    /// The errors of the operating system for a connection that was not opened.
    private static let refusedConnections = [ECONNREFUSED, EHOSTUNREACH, EHOSTDOWN, ENETUNREACH, ENETDOWN]

    /// The failure for an error of the HTTP client; its text contains nothing that the server sent.
    private static func failure(_ error: any Error, host: String) -> RegistryFailure {
        switch error {
        case let failure as RegistryFailure: failure
        case let error as HTTPClientError: failure(error, host: host)
        case let refusal as AddressRules.Refusal: AddressGuard.forbidden(host, refusal)
        case is CancellationError: .noResponse(from: host)
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError: untrusted(host)
        case is HTTPParserError: RegistryFailure(.badResponse, "\(host): the response is not valid HTTP")
        case let error as IOError where refusedConnections.contains(error.errnoCode):
            .connection(.unreachable, "\(host): the connection failed")
        case is NIOConnectionError: .connection(.unreachable, "\(host): the connection failed")
        default: RegistryFailure(.unreachable, "\(host): the connection failed")
        }
    }

    private static func failure(_ error: HTTPClientError, host: String) -> RegistryFailure {
        switch error {
        case .cancelled, .deadlineExceeded: .noResponse(from: host)
        case .tlsHandshakeTimeout: untrusted(host)
        case .connectTimeout: .connection(.unreachable, "\(host): no connection in time")
        case .proxyAuthenticationRequired, .invalidProxyResponse, .httpProxyHandshakeTimeout:
            .connection(.unreachable, "\(host): the proxy refused the connection")
        default: RegistryFailure(.unreachable, "\(host): the connection failed")
        }
    }

    /// Whether the server closed the connection before it sent any part of a response.
    private static func isClosedConnection(_ error: any Error) -> Bool {
        if let error = error as? HTTPClientError { return error == .remoteConnectionClosed }
        return error as? ChannelError == .ioOnClosedChannel
    }

    private static func untrusted(_ host: String) -> RegistryFailure {
        .connection(.tls, "\(host): the TLS connection failed or its certificate is not trusted")
    }
}
