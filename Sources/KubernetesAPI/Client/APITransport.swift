import AsyncHTTPClient
import Basics
import JSON
import NIOCore
import NIOHTTP1
import NIOSSL

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Sends requests to the API server and to no other host: redirects are errors, and the certificate is always verified.
///
/// A write is sent once. A read is sent a second time if the connection breaks.
struct APITransport: Sendable {
    private let access: ClusterAccess
    /// For requests that end soon.
    private let requests: HTTPClient
    /// For watches, whose connections can be silent for a minute.
    private let watches: HTTPClient
    private let tls: TLSConfiguration
    /// The longest time of one request, with its connection and its body.
    private var timeout: Duration

    /// - Parameters:
    ///   - access: The API server and the credential.
    ///   - timeout: The longest time of one request, with its connection and its body.
    ///   - quietWatch: The longest silence of a watch.
    ///     The API server sends a bookmark each minute after the first change of the kind (apiserver, storage/cacher).
    ///     After a longer silence the connection may be dead; a new watch costs one request.
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
        // Shorter than the idle timeout of Go's servers, so that a write seldom meets a connection that is closing.
        configuration.connectionPool.idleTimeout = .seconds(30)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connections
        // A wrong certificate stays wrong; retries in the pool would hide the reason until the timeout.
        configuration.connectionPool.retryConnectionEstablishment = false
        if let name = access.server.certificateName { configuration.dnsOverride = [name: access.server.host] }
        return HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
    }

    /// The same transport, on the same connections, with requests that take at most `timeout`.
    func limited(to timeout: Duration) -> APITransport {
        var transport = self
        transport.timeout = min(timeout, self.timeout)
        return transport
    }

    /// Closes all connections; later requests fail.
    func shutdown() async {
        try? await requests.shutdown()
        try? await watches.shutdown()
    }

    /// Sends `call` and reads the whole response within the timeout.
    ///
    /// - Parameter call: The request.
    /// - Returns: A response with a status of success.
    /// - Throws: ``KubernetesAPIError`` for any other status and if there is no response.
    func send(_ call: APICall) async throws(KubernetesAPIError) -> APIResponse {
        // The HTTP client's own deadline covers only the response's head; a cancelled task ends the body too.
        let result = await TimeSource.system.withTimeout(timeout) { () -> Result<APIResponse, KubernetesAPIError> in
            do throws(KubernetesAPIError) { return .success(try await receive(call)) } catch { return .failure(error) }
        }
        guard let result else { throw timeoutError(call) }
        let response = try result.get()
        if let error = response.failure(call.subject) { throw error }
        return response
    }

    /// Sends a call whose response is an object.
    func object(_ call: APICall) async throws(KubernetesAPIError) -> JSONValue {
        try await send(call).object(call)
    }

    /// Sends `call` on a connection for watches and reads the response's head within the timeout.
    ///
    /// - Parameter call: The request.
    /// - Returns: A response with a status of success, whose body is not yet read.
    /// - Throws: ``KubernetesAPIError`` for any other status and if there is no response.
    func open(_ call: APICall) async throws(KubernetesAPIError) -> HTTPClientResponse {
        let response = try await authenticated(call) { request throws(KubernetesAPIError) -> HTTPClientResponse in
            do { return try await watches.execute(request, deadline: .now() + TimeAmount(timeout)) } catch {
                throw failure(error, call)
            }
        } isRefused: {
            $0.status == .unauthorized
        }
        let status = Int(response.status.code)
        guard !(200..<300).contains(status) else { return response }
        let body = try? await response.body.collect(upTo: 1 << 20)
        let failed = APIResponse(
            status: status,
            headers: response.headers,
            body: body.map { Array($0.readableBytesView) } ?? []
        )
        throw failed.failure(call.subject) ?? timeoutError(call)
    }

    private func receive(_ call: APICall) async throws(KubernetesAPIError) -> APIResponse {
        try await authenticated(call) { request throws(KubernetesAPIError) -> APIResponse in
            do {
                do {
                    return try await exchange(request, call)
                } catch  where call.method == .GET && Self.isBrokenConnection(error) {
                    return try await exchange(request, call)
                }
            } catch {
                throw failure(error, call)
            }
        } isRefused: {
            $0.status == 401
        }
    }

    /// Sends a request with the credential; if the API server refuses a plugin's credential, runs the plugin and sends
    /// it once more.
    ///
    /// The API server checks the credential before anything else, so the second request does not repeat a write.
    private func authenticated<Response>(
        _ call: APICall,
        _ send: (HTTPClientRequest) async throws(KubernetesAPIError) -> Response,
        isRefused: (Response) -> Bool
    ) async throws(KubernetesAPIError) -> Response {
        let credential = try await access.identity.credential()
        let response = try await send(makeRequest(call, credential))
        guard isRefused(response), credential.run != nil else { return response }
        return try await send(makeRequest(call, try await access.identity.credential(refused: credential)))
    }

    private func exchange(_ request: HTTPClientRequest, _ call: APICall) async throws -> APIResponse {
        let response = try await requests.execute(request, deadline: .distantFuture)
        let status = Int(response.status.code)
        // A failure's body is a Status; a longer body is not useful.
        let limit = (200..<300).contains(status) ? call.limit : min(call.limit, 1 << 20)
        var bytes: [UInt8] = []
        for try await part in response.body {
            guard bytes.count + part.readableBytes <= limit else {
                throw KubernetesAPIError(.refused, "\(call.subject): the response has more than \(limit) bytes")
            }
            bytes.append(contentsOf: part.readableBytesView)
        }
        try Task.checkCancellation()
        return APIResponse(status: status, headers: response.headers, body: bytes)
    }

    /// The request with the credential, which is sent to no other host.
    private func makeRequest(_ call: APICall, _ credential: RequestCredential) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: access.server.requestBase + call.target)
        request.method = call.method
        request.headers.add(name: "Host", value: access.server.authority)
        request.headers.add(name: "User-Agent", value: "polypod")
        request.headers.add(name: "Accept", value: call.accept)
        if let token = credential.token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        if let type = call.contentType { request.headers.add(name: "Content-Type", value: type) }
        if let body = call.body { request.body = .bytes(body) }
        if let certificate = credential.certificate {
            var tls = tls
            tls.certificateChain = certificate.chain.map { .certificate($0) }
            tls.privateKey = .privateKey(certificate.key)
            request.tlsConfiguration = tls
        }
        return request
    }

    /// The meaning of an error of the HTTP client, in words that contain nothing that the server sent.
    private func failure(_ error: any Error, _ call: APICall) -> KubernetesAPIError {
        switch error {
        case let error as KubernetesAPIError: error
        case is CancellationError: timeoutError(call)
        case let error as HTTPClientError where Self.isTimeout(error): timeoutError(call)
        case let error as HTTPParserError where error != .invalidEOFState:
            KubernetesAPIError(.refused, "\(call.subject): the response is not HTTP")
        default:
            KubernetesAPIError(
                .unreachable,
                "\(access.server) does not answer, or its certificate is not the cluster's: check the network"
            )
        }
    }

    private func timeoutError(_ call: APICall) -> KubernetesAPIError {
        KubernetesAPIError(.timeout, "\(call.subject): \(access.server) did not answer in time")
    }

    private static func isTimeout(_ error: HTTPClientError) -> Bool {
        error == .cancelled || error == .deadlineExceeded || error == .readTimeout
    }

    /// Whether the connection broke, as it does if the server closes it while it is idle.
    private static func isBrokenConnection(_ error: any Error) -> Bool {
        switch error {
        case let error as HTTPClientError: error == .remoteConnectionClosed
        case let error as ChannelError: error == .ioOnClosedChannel || error == .eof
        case let error as IOError: error.errnoCode == ECONNRESET || error.errnoCode == EPIPE
        case let error as NIOSSLError: error == .uncleanShutdown
        case let error as HTTPParserError: error == .invalidEOFState
        default: false
        }
    }
}
