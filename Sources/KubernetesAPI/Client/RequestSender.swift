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

/// Sends requests to the API server with the credential, and reads the responses within their limits.
///
/// It asks no other host: redirects are errors, and the certificate is always verified. A write is sent once. A read is
/// sent again if the connection breaks.
struct RequestSender: Sendable {
    private let access: ClusterAccess
    /// For requests that end soon.
    private let requests: HTTPClient
    /// For watches, whose connections can be quiet for a minute.
    private let watches: HTTPClient
    private let tls: TLSConfiguration

    /// Creates a sender without connections; ``shutdown()`` closes those that it opens.
    ///
    /// - Parameters:
    ///   - access: The server and the credential.
    ///   - connectTimeout: The time limit for a connection, up to 10 seconds.
    ///   - quietWatch: The time limit between two parts of a watch's response.
    init(_ access: ClusterAccess, connectTimeout: Duration, quietWatch: Duration) {
        self.access = access
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        if let authorities = access.authorities { tls.trustRoots = .certificates(authorities) }
        self.tls = tls
        let connect = TimeAmount(min(connectTimeout, .seconds(10)))
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

    /// Closes all connections; later requests fail.
    func shutdown() async {
        try? await requests.shutdown()
        try? await watches.shutdown()
    }

    /// Sends `call` and reads the whole response.
    ///
    /// - Parameters:
    ///   - call: The request.
    ///   - timeout: The time limit for everything, the connection and the body included.
    /// - Throws: ``KubernetesAPIError``, also for a response with an error status.
    func send(_ call: APICall, timeout: Duration) async throws(KubernetesAPIError) -> APIResponse {
        let answer = try await answer(call, timeout: timeout)
        if let error = answer.failure(call.subject) { throw error }
        return answer
    }

    /// Starts a watch.
    ///
    /// - Parameters:
    ///   - call: The request.
    ///   - timeout: The time limit for the head of the response.
    /// - Returns: The response, whose body has the events.
    /// - Throws: ``KubernetesAPIError``, also for a response with an error status.
    func watch(_ call: APICall, timeout: Duration) async throws(KubernetesAPIError) -> HTTPClientResponse {
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
        let answer = APIResponse(
            status: status,
            headers: response.headers,
            body: body.map { Array($0.readableBytesView) } ?? []
        )
        throw answer.failure(call.subject) ?? lateness(call)
    }

    private func answer(_ call: APICall, timeout: Duration) async throws(KubernetesAPIError) -> APIResponse {
        // The HTTP client's own deadline ends with the answer's head; a cancelled task ends the body too.
        let result = await TimeSource.system.withTimeout(timeout) { await outcome(call) }
        guard let result else { throw lateness(call) }
        return try result.get()
    }

    private func outcome(_ call: APICall) async -> Result<APIResponse, KubernetesAPIError> {
        do throws(KubernetesAPIError) { return .success(try await attempt(call)) } catch { return .failure(error) }
    }

    private func attempt(_ call: APICall) async throws(KubernetesAPIError) -> APIResponse {
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

    /// Sends a request with the credential, and once more where a credential plugin's is not taken and it has another.
    ///
    /// The API server looks at the credential before anything else, so that a write is not done twice.
    private func authenticated<Answer>(
        _ call: APICall,
        _ send: (HTTPClientRequest) async throws(KubernetesAPIError) -> Answer,
        isRefused: (Answer) -> Bool
    ) async throws(KubernetesAPIError) -> Answer {
        let credential = try await access.identity.credential()
        let answer = try await send(prepared(call, credential))
        guard isRefused(answer), credential.run != nil else { return answer }
        return try await send(prepared(call, try await access.identity.credential(refused: credential)))
    }

    private func exchange(_ request: HTTPClientRequest, _ call: APICall) async throws -> APIResponse {
        let response = try await requests.execute(request, deadline: .distantFuture)
        let status = Int(response.status.code)
        // A failure's body is a Status; of anything longer no more is wanted.
        let limit = (200..<300).contains(status) ? call.limit : min(call.limit, 1 << 20)
        var bytes: [UInt8] = []
        for try await part in response.body {
            guard bytes.count + part.readableBytes <= limit else {
                throw KubernetesAPIError(.refused, "\(call.subject): an answer of more than \(limit) bytes")
            }
            bytes.append(contentsOf: part.readableBytesView)
        }
        try Task.checkCancellation()
        return APIResponse(status: status, headers: response.headers, body: bytes)
    }

    /// The request with the credential, which goes nowhere else.
    private func prepared(_ call: APICall, _ credential: RequestCredential) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: access.server.requestBase + URLQuery.append(call.query, to: call.path))
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
}

extension RequestSender {
    /// What an error of the HTTP client means, in words that hold nothing of the other side's.
    private func failure(_ error: any Error, _ call: APICall) -> KubernetesAPIError {
        switch error {
        case let error as KubernetesAPIError: error
        case is CancellationError: lateness(call)
        case let error as HTTPClientError where Self.isLate(error): lateness(call)
        case let error as HTTPParserError where error != .invalidEOFState:
            KubernetesAPIError(.refused, "\(call.subject): the answer is no HTTP")
        default:
            KubernetesAPIError(
                .unreachable,
                "\(access.server) does not answer, or not with the cluster's certificate: look at the network"
            )
        }
    }

    /// There was no answer in time.
    private func lateness(_ call: APICall) -> KubernetesAPIError {
        KubernetesAPIError(.timeout, "\(call.subject): no answer of \(access.server) in time")
    }

    private static func isLate(_ error: HTTPClientError) -> Bool {
        error == .cancelled || error == .deadlineExceeded || error == .readTimeout
    }

    /// Whether the connection broke, as it does where the other side closed it while it was not used.
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
