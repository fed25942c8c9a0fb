import HTTPTypes
import NIOCore
import NIOHTTPTypes
import NIOSSL

/// The three ways in which a connection ends before its client wants it to.
extension ConnectionGuard {
    /// Answers a request that nobody will look at, and ends the connection.
    func refuse(_ refusal: Refusal, context: ChannelHandlerContext) {
        onRefusal(refusal, head?.path)
        head = nil
        releaseBody()
        let text = ByteBuffer(string: refusal.reason)
        var response = HTTPResponse(status: refusal.status)
        response.headerFields[.connection] = "close"
        response.headerFields[.contentType] = "text/plain; charset=utf-8"
        response.headerFields[.contentLength] = String(text.readableBytes)
        context.write(wrapOutboundOut(.head(response)), promise: nil)
        context.write(wrapOutboundOut(.body(text)), promise: nil)
        context.write(wrapOutboundOut(.end(nil)), promise: nil)
        closeOutput(context)
        schedule(context)
    }

    /// Sends what is written and says that nothing more will come; the client's own end, or the timer, does the rest.
    func closeOutput(_ context: ChannelHandlerContext) {
        context.flush()
        context.close(mode: .output, promise: nil)
    }

    /// Closes the socket below TLS, which would wait five seconds more for the client to say goodbye.
    func abort(_ context: ChannelHandlerContext) {
        if let tls = try? context.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self) {
            tls.close(promise: nil)
        } else {
            context.close(promise: nil)
        }
    }
}
