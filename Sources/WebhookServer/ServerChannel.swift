import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import ServiceLifecycle

/// Puts a server together: address, limits, TLS and guard around Hummingbird's loop of requests and responses.
enum ServerChannel {
    /// Creates a server that is a service.
    static func server(
        _ address: ListenAddress,
        limits: ServerLimits,
        tls: TLSConfiguration?,
        load: ServerLoad,
        logger: Logger,
        onCount: @escaping @Sendable (Int) -> Void = { _ in },
        onRefusal: @escaping @Sendable (Refusal, _ path: String?) -> Void = { _, _ in },
        onBound: @escaping @Sendable (Int) -> Void,
        responder: @escaping @Sendable (Request) async throws -> Response
    ) throws -> any Service {
        let http1 = HTTP1Channel.Configuration(
            additionalChannelHandlers: [
                ConnectionGuard(load: load, limits: limits, onCount: onCount, onRefusal: onRefusal)
            ],
            // The guard has timers of its own, which count from the beginning and not from the last byte.
            idleTimeout: nil,
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: limits.headerBytes,
                maxHeaderListSize: limits.headerBytes,
                maxHeaderFieldCount: limits.headerFields
            )
        )
        let plain = HTTPServerBuilder.http1(configuration: http1)
        let builder = try tls.map { try HTTPServerBuilder.tls(plain, tlsConfiguration: $0) } ?? plain
        let ceiling = limits.connections + limits.surplusConnections
        return try builder.buildServer(
            configuration: ServerConfiguration(
                address: .hostname(address.host, port: address.port),
                availableConnectionsDelegate: MaximumAvailableConnections(ceiling, logger: logger)
            ),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: logger,
            responder: { request, writer, _ in
                let response = try await responder(request)
                try await writer.write(response: response.head, body: response.body)
            },
            onServerRunning: { channel in onBound(channel.localAddress?.port ?? address.port) }
        )
    }
}

extension Refusal {
    /// What is counted.
    var result: AdmissionResult {
        switch self {
        case .tooLarge: .tooLarge
        case .tooSlow: .tooSlow
        case .overloaded: .overloaded
        }
    }
}
