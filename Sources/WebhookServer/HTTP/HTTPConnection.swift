package import HummingbirdCore
package import Logging
package import NIOCore
import NIOHTTPTypes

/// HTTP/1.1 connections that a server can drop.
///
/// A server that stops drops a connection that it has just accepted. NIO ends the process if the writer of a connection
/// is released before it is finished (NIOAsyncWriter.swift, `InternalClass.deinit`), so that the connection itself keeps
/// it until it is closed.
package struct HTTPConnection: ServerChildChannel {
    private let http: HTTP1Channel

    /// Creates connections whose requests `http` answers.
    package init(_ http: HTTP1Channel) {
        self.http = http
    }

    package func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        http.setup(channel: channel, logger: logger).flatMapThrowing { parts in
            try channel.pipeline.syncOperations.addHandler(WriterKeeper(parts))
            return parts
        }
    }

    package func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await http.handle(value: value, logger: logger)
    }
}

/// Keeps the writer of a connection until the connection is closed, which finishes it.
private final class WriterKeeper: ChannelInboundHandler {
    typealias InboundIn = HTTPRequestPart

    private var parts: HTTP1Channel.Value?

    init(_ parts: HTTP1Channel.Value) {
        self.parts = parts
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        parts = nil
    }
}
