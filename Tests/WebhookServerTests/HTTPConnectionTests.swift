import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOEmbedded
import Testing

@testable import WebhookServer

@Suite("A connection that the server drops")
struct HTTPConnectionTests {
    @Test("A server that stops drops the connection between its set-up and its first byte; NIO must not trap")
    func isDroppedBeforeItIsActive() async throws {
        let channel = NIOAsyncTestingChannel()
        let connection = ConnectionChannel(
            limits: ServerLimits(),
            load: ServerLoad(limits: ServerLimits()),
            metrics: nil,
            responder: { _, _ in Response(status: .ok) }
        )
        // Nobody handles the value, as the server of a closed port does not.
        _ = try await channel.eventLoop.flatSubmit {
            connection.setup(channel: channel, logger: Logger(label: "test"))
        }.map { _ in }.get()
        try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1))
        #expect(channel.isActive)
        try await channel.close()
    }
}
