import HTTPTypes
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOHTTPTypes
import NIOPosix
import NIOSSL
import ServiceLifecycle
import Synchronization

/// Sets up the connections of a server: HTTP/1.1 with a ``ConnectionGuard`` in front of Hummingbird's request loop.
struct ConnectionChannel: ServerChildChannel {
    /// Returns the response to a request whose header was complete at `arrival`.
    typealias Responder = @Sendable (_ request: Request, _ arrival: ContinuousClock.Instant) async throws -> Response

    /// The limits on each connection.
    let limits: ServerLimits
    /// The state that all connections share.
    let load: ServerLoad
    /// Counts the requests that the guard refuses; nil to count none.
    let metrics: AdmissionMetrics?
    /// Answers the requests that the guard passes on.
    let responder: Responder

    /// A connection with the request loop that belongs to it.
    struct Connection: ServerChildChannelValue {
        fileprivate let http: HTTPConnection
        fileprivate let parts: HTTP1Channel.Value

        var channel: any Channel { parts.channel }
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Connection> {
        let arrival = RequestArrival()
        let (limits, load, metrics, responder) = (limits, load, metrics, responder)
        let http = HTTP1Channel(
            responder: { request, writer, _ in
                let response = try await responder(request, arrival.instant)
                try await writer.write(response: response.head, body: response.body)
            },
            configuration: .init(
                additionalChannelHandlers: [
                    ConnectionGuard(load: load, limits: limits, arrival: arrival, metrics: metrics)
                ],
                // The guard has its own timers, which count from the start of a phase and not from the last byte.
                idleTimeout: nil,
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: limits.headerBytes,
                    maxHeaderListSize: limits.headerBytes,
                    maxHeaderFieldCount: limits.headerFields
                )
            )
        )
        let connection = HTTPConnection(http)
        return connection.setup(channel: channel, logger: logger).map { Connection(http: connection, parts: $0) }
    }

    func handle(value: Connection, logger: Logger) async {
        await value.http.handle(value: value.parts, logger: logger)
    }

    /// Creates a server of such connections.
    ///
    /// - Parameters:
    ///   - address: The address to listen on.
    ///   - tls: The TLS configuration; nil for plain HTTP.
    ///   - logger: The logger of the server.
    ///   - onBound: Receives the port once the server listens on it.
    /// - Returns: The server, which runs until its service group shuts down.
    /// - Throws: `NIOSSLError` for a TLS configuration that is not valid.
    func server(
        at address: ListenAddress,
        tls: TLSConfiguration?,
        logger: Logger,
        onBound: @escaping @Sendable (Int) -> Void
    ) throws -> any Service {
        let connections: any ServerChildChannel = try tls.map { try TLSChannel(self, tlsConfiguration: $0) } ?? self
        let ceiling = limits.connections + limits.surplusConnections
        return connections.server(
            configuration: ServerConfiguration(
                address: .hostname(address.host, port: address.port),
                availableConnectionsDelegate: MaximumAvailableConnections(ceiling, logger: logger)
            ),
            onServerRunning: { channel in onBound(channel.localAddress?.port ?? address.port) },
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: logger
        )
    }
}

/// The time at which the header of a connection's current request was complete.
///
/// The connection's guard sets it on the event loop, the connection's task reads it. The guard passes on the next
/// request only after the response to this one, so the value belongs to the request that is being answered.
final class RequestArrival: Sendable {
    private let value = Mutex(ContinuousClock.now)

    /// The time of the current request.
    var instant: ContinuousClock.Instant { value.withLock { $0 } }

    /// Sets the time of a new request to now.
    func record() { value.withLock { $0 = .now } }
}

extension Response {
    /// A response whose body is known in full; it goes out in one write.
    static func whole(_ status: HTTPResponse.Status, contentType: String, body: ByteBuffer) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = contentType
        headers[.contentLength] = String(body.readableBytes)
        if status == .serviceUnavailable { headers[.retryAfter] = Refusal.retryAfter }
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body))
    }

    /// A response with a text for people, and the methods for the header `Allow` if there are any.
    static func text(_ status: HTTPResponse.Status, _ text: String, allow: String? = nil) -> Response {
        var response = whole(status, contentType: "text/plain; charset=utf-8", body: ByteBuffer(string: text))
        if let allow { response.headers[.allow] = allow }
        return response
    }
}
