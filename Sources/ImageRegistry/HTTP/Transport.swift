import AsyncHTTPClient
import Basics
import NIOCore
import NIOHTTP1
import PodAdmission
import Synchronization

/// One request to be sent, and how much of an answer to it is read.
struct TransportRequest: Sendable {
    var url: WebURL
    var headers: [(name: String, value: String)] = []
    /// What to POST; nil for a GET.
    var content: Content?
    /// Whether the host may be on loopback.
    var allowsLoopback = false
    /// Whether it is for a cloud's metadata server: it goes to that address and nowhere else, and through no proxy.
    var isForMetadataServer = false
    /// Whether what the operator says of the TLS of registries counts, `*` and `insecure_skip_verify` among it; it does
    /// not for who gets what an identity is proved with.
    var isForRegistry = true
    /// How many bytes of body are read before the connection is given up.
    var limit: Int

    /// A body with its media type.
    struct Content: Sendable {
        var type: String
        var text: String

        /// The fields of a form.
        static func form(_ fields: KeyValuePairs<String, String>) -> Content {
            Content(
                type: "application/x-www-form-urlencoded",
                text: fields.map { "\($0.percentEncoded)=\($1.percentEncoded)" }.joined(separator: "&")
            )
        }
    }
}

/// What came back.
///
/// It is parsed or dropped, never shown.
struct TransportResponse: Sendable {
    var status: Int
    var headers: HTTPHeaders
    /// The body; nil where it is not a success and longer than what an error needs.
    var body: [UInt8]?
}

/// Sends single requests: checked address, TLS, proxy, bounded answer.
///
/// Redirects are answers like any other.
///
/// There is one client per way out, since the address rules and the proxy are settings of a whole client.
final class Transport: Sendable {
    private enum Route: Hashable {
        case direct(allowsLoopback: Bool)
        case metadataServer
        case proxy(ProxySettings.Proxy)

        var isProxied: Bool {
            if case .proxy = self { true } else { false }
        }
    }

    private let tls: TLSSettings
    private let proxies: ProxySettings
    private let guarding: AddressGuard
    private let refused: [AddressRange]
    private let connectTimeout: Duration
    private let clients = Mutex<[Route: HTTPClient]>([:])

    init(
        tls: TLSSettings,
        proxies: ProxySettings,
        guarding: AddressGuard,
        refused: [AddressRange],
        connectTimeout: Duration
    ) {
        self.tls = tls
        self.proxies = proxies
        self.guarding = guarding
        self.refused = refused
        self.connectTimeout = connectTimeout
    }

    /// Closes all connections; requests sent later open new ones.
    func shutdown() async {
        let clients = clients.withLock { clients in
            defer { clients = [:] }
            return Array(clients.values)
        }
        for client in clients { try? await client.shutdown() }
    }

    /// Sends `request` and reads its answer.
    ///
    /// The time is the calling task's: it ends when that is cancelled.
    func send(_ request: TransportRequest) async throws(RegistryFailure) -> TransportResponse {
        let host = request.url.origin.host
        let route = route(of: request)
        try await guarding.check(
            host,
            rules: rules(of: route, allowsLoopback: request.allowsLoopback),
            isProxied: route.isProxied
        )
        let client = client(for: route)
        do {
            let response = try await execute(prepared(request), with: client)
            let isSuccess = (200..<300).contains(response.status.code)
            let limit = isSuccess ? request.limit : min(request.limit, 64 << 10)
            let body = try await Self.read(response, limit: limit)
            try Task.checkCancellation()
            guard body != nil || !isSuccess else {
                throw RegistryFailure(.badResponse, "\(host): an answer of more than \(limit) bytes")
            }
            return TransportResponse(status: Int(response.status.code), headers: response.headers, body: body)
        } catch {
            throw Self.failure(error, host: host)
        }
    }

    private func route(of request: TransportRequest) -> Route {
        if request.isForMetadataServer { return .metadataServer }
        if let proxy = proxies.proxy(for: request.url.origin) { return .proxy(proxy) }
        return .direct(allowsLoopback: request.allowsLoopback)
    }

    private func rules(of route: Route, allowsLoopback: Bool) -> AddressRules {
        AddressRules(
            refused: refused,
            allowsLoopback: allowsLoopback,
            isForMetadataServer: route == .metadataServer
        )
    }

    /// Sends once more where a connection that was kept open turns out to be closed by the other side meanwhile.
    ///
    /// The client's own deadline ends with the response's head; cancellation covers the body too, and takes its place.
    private func execute(_ request: HTTPClientRequest, with client: HTTPClient) async throws -> HTTPClientResponse {
        do {
            return try await client.execute(request, deadline: .distantFuture)
        } catch  where request.method == .GET && Self.isClosedConnection(error) {
            return try await client.execute(request, deadline: .distantFuture)
        }
    }

    private func prepared(_ request: TransportRequest) -> HTTPClientRequest {
        var prepared = HTTPClientRequest(url: request.url.description)
        prepared.headers.add(name: "User-Agent", value: "polypod")
        for header in request.headers { prepared.headers.add(name: header.name, value: header.value) }
        if let content = request.content {
            prepared.method = .POST
            prepared.headers.add(name: "Content-Type", value: content.type)
            prepared.body = .bytes(ByteBuffer(string: content.text))
        }
        if request.isForRegistry { prepared.tlsConfiguration = tls.configuration(for: request.url.origin) }
        return prepared
    }

    /// The body; nil where it is longer than `limit`.
    ///
    /// Leaving the loop closes the connection, so that a body without an end costs no more than what stands in buffers.
    private static func read(_ response: HTTPClientResponse, limit: Int) async throws -> [UInt8]? {
        if let length = response.headers.first(name: "Content-Length").flatMap({ Int($0) }), length > limit {
            return nil
        }
        var bytes: [UInt8] = []
        for try await part in response.body {
            guard bytes.count + part.readableBytes <= limit else { return nil }
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
        // The check of the peer is made for HTTP/1.1; a look-up is one to three requests in a row.
        configuration.httpVersion = .http1Only
        configuration.connectionPool.idleTimeout = .seconds(30)
        // The look-up is what is repeated, with its own rules; a pool that goes on trying hides the reason.
        configuration.connectionPool.retryConnectionEstablishment = false
        var allowsLoopback = true
        switch route {
        case .direct(let allows): allowsLoopback = allows
        case .metadataServer: allowsLoopback = false
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
            rules: rules(of: route, allowsLoopback: allowsLoopback)
        )
        return configuration
    }
}
