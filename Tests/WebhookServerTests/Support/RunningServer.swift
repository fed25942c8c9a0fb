import AsyncHTTPClient
import Basics
import HTTPTypes
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOTLS
import PodAdmission
import ServiceLifecycle
import TestSupport
import Testing

@testable import WebhookServer

/// The tests with sockets, one after another: some are about time, and they would take it from each other.
@Suite("Live", .serialized, .timeLimit(.minutes(2)))
enum Live {}

/// A server on loopback, over TLS.
struct RunningServer {
    let port: Int
    let opsPort: Int
    let authority: TestCertificate
    let group: ServiceGroup

    /// Runs a server around `body`, then shuts it down in order and waits for its end.
    static func run<Result: Sendable>(
        _ handler: AdmissionHandler = .test(),
        authority: TestCertificate? = nil,
        configure: (inout AdmissionServerConfiguration) throws -> Void = { _ in },
        body: @escaping @Sendable (RunningServer) async throws -> Result
    ) async throws -> Result {
        let authority = try authority ?? .authority()
        let leaf = try authority.leaf()
        var configuration = AdmissionServerConfiguration(
            certificate: .memory(certificate: try leaf.certificatePEM, key: leaf.keyPEM)
        )
        configuration.listen = ListenAddress(host: "127.0.0.1", port: 0)
        configuration.opsListen = ListenAddress(host: "127.0.0.1", port: 0)
        configuration.shutdownDelay = .zero
        configuration.shutdownTimeout = .seconds(5)
        configuration.limits.lingerTimeout = .milliseconds(300)
        try configure(&configuration)
        let logger = Logger.silent
        let server = try AdmissionServer(configuration: configuration, handler: handler, logger: logger)
        let group = ServiceGroup(configuration: .init(services: server.services(), logger: logger))
        return try await withThrowingTaskGroup(of: Result?.self) { tasks in
            tasks.addTask {
                try await group.run()
                return nil
            }
            tasks.addTask {
                let running = RunningServer(
                    port: try await server.boundPort(),
                    opsPort: try await server.boundOpsPort(),
                    authority: authority,
                    group: group
                )
                do {
                    let result = try await body(running)
                    await group.triggerGracefulShutdown()
                    return result
                } catch {
                    await group.triggerGracefulShutdown()
                    throw error
                }
            }
            var result: Result?
            for try await part in tasks { result = part ?? result }
            guard let result else { throw CancellationError() }
            return result
        }
    }

    /// The client's side of TLS, trusting the server's CA.
    func tls(
        client: TestCertificate? = nil,
        maximum: TLSVersion? = nil
    ) throws -> TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        let root = try NIOSSLCertificate(bytes: Array(authority.certificatePEM.utf8), format: .pem)
        tls.trustRoots = .certificates([root])
        tls.maximumTLSVersion = maximum
        tls.minimumTLSVersion = .tlsv1
        if let client {
            tls.certificateChain = [
                .certificate(try NIOSSLCertificate(bytes: Array(client.certificatePEM.utf8), format: .pem))
            ]
            tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(client.keyPEM.utf8), format: .pem))
        }
        return tls
    }

    /// Runs `body` with a client of its own pool of connections.
    @discardableResult
    func withClient<Result: Sendable>(
        _ tls: TLSConfiguration? = nil,
        _ body: (HTTPClient) async throws -> Result
    ) async throws -> Result {
        var configuration = HTTPClient.Configuration(tlsConfiguration: try tls ?? self.tls())
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: configuration)
        do {
            let result = try await body(client)
            try await client.shutdown()
            return result
        } catch {
            try? await client.shutdown()
            throw error
        }
    }

    /// Sends a review with `client` and gives the reply.
    func post(
        _ body: String,
        to target: String = "/mutate?timeout=5s",
        with client: HTTPClient
    ) async throws -> (status: Int, body: String, closes: Bool) {
        var request = HTTPClientRequest(url: "https://127.0.0.1:\(port)\(target)")
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        request.body = .bytes(ByteBuffer(string: body))
        let response = try await client.execute(request, timeout: .seconds(10))
        let text = String(buffer: try await response.body.collect(upTo: 1 << 20))
        return (Int(response.status.code), text, response.headers["connection"].contains("close"))
    }

    /// What the ops server answers to GET `path`.
    func ops(_ path: String, with client: HTTPClient) async throws -> (status: Int, body: String) {
        let response = try await client.execute(
            HTTPClientRequest(url: "http://127.0.0.1:\(opsPort)\(path)"),
            timeout: .seconds(5)
        )
        return (Int(response.status.code), String(buffer: try await response.body.collect(upTo: 1 << 20)))
    }

    /// A connection that sends what the test says, byte for byte.
    func withConnection<Result: Sendable>(
        tls: Bool = true,
        _ body: @escaping @Sendable (RawConnection) async throws -> Result
    ) async throws -> Result {
        let context = tls ? try NIOSSLContext(configuration: self.tls()) : nil
        let established = Promise<Void>()
        // The asynchronous channel is made when there is a connection: one that is never used ends the process
        // (NIOAsyncWriter). Until then nothing is read.
        let connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: false)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let context else { return established.fulfill(()) }
                    let handler = try NIOSSLClientHandler(context: context, serverHostname: "localhost")
                    try channel.pipeline.syncOperations.addHandler(handler)
                    try channel.pipeline.syncOperations.addHandler(HandshakeEnd { established.fulfill(()) })
                }
            }
            .connect(host: "127.0.0.1", port: port)
            .get()
        let channel = try await connection.eventLoop.submit {
            let channel = try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: connection)
            try connection.syncOptions?.setOption(.autoRead, value: true)
            return channel
        }.get()
        // The server has counted a connection when it answers the handshake.
        await established.value()
        let result = Promise<Swift.Result<Result, any Error>>()
        // To close what the server has closed is an error as well, which says nothing about the test.
        try? await channel.executeThenClose { inbound, outbound in
            do {
                result.fulfill(.success(try await body(RawConnection(inbound: inbound, outbound: outbound))))
            } catch {
                result.fulfill(.failure(error))
            }
        }
        guard let result = await result.value() else { throw CancellationError() }
        return try result.get()
    }
}

/// Says when a handshake is over, however it ended.
private final class HandshakeEnd: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let onEnd: @Sendable () -> Void

    init(_ onEnd: @escaping @Sendable () -> Void) { self.onEnd = onEnd }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { onEnd() }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        onEnd()
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        onEnd()
        context.fireChannelInactive()
    }
}

/// One raw connection.
struct RawConnection {
    let inbound: NIOAsyncChannelInboundStream<ByteBuffer>
    let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>

    /// Sends `text`; throws where the server has hung up.
    func send(_ text: String) async throws { try await outbound.write(ByteBuffer(string: text)) }

    /// Everything that comes until the server ends the connection, in whichever way it does.
    func untilClosed() async -> String {
        var text = ""
        do {
            for try await part in inbound { text += String(buffer: part) }
        } catch {
            // A reset is an end as well.
        }
        return text
    }
}
