import HTTPTypes
import NIOCore
import NIOHTTPTypes
import NIOSSL

/// Stands between the HTTP decoder and the server: collects each request's body and keeps the connection to its limits.
///
/// Hummingbird would hand a body on piece by piece and, once an early response is out, read the rest of it without
/// bound. Here a request is passed on when it is complete, in one piece, which also costs a single turn of the
/// server's task; and a connection whose last response is out is closed, in the way that lets the client read it.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let load: ServerLoad
    private let limits: ServerLimits
    private let onRefusal: @Sendable (Refusal, _ path: String?) -> Void
    private let onCount: @Sendable (Int) -> Void
    private var state: ConnectionState
    private var head: HTTPRequest?
    private var body = ByteBuffer()
    private var reservedBytes = 0
    private var timer: (task: Scheduled<Void>, deadline: NIODeadline)?
    private var isCounted = false

    /// A request this slow to arrive carries how long it took.
    private static let slowBody = TimeAmount.milliseconds(20)
    /// What a body may hold before it takes of the room that all share, so that an ordinary review never finds it taken.
    private static let ownRoom = 64 << 10

    init(
        load: ServerLoad,
        limits: ServerLimits,
        onCount: @escaping @Sendable (Int) -> Void,
        onRefusal: @escaping @Sendable (Refusal, _ path: String?) -> Void
    ) {
        self.load = load
        self.limits = limits
        self.onCount = onCount
        self.onRefusal = onRefusal
        state = ConnectionState(limits: limits, isSurplus: false, now: .now())
    }

    func handlerAdded(context: ChannelHandlerContext) {
        isCounted = true
        state = ConnectionState(limits: limits, isSurplus: !load.openConnection(), now: .now())
        onCount(load.connectionCount)
        schedule(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): received(head, context: context)
        case .body(let part): received(part, context: context)
        case .end(let trailers): receivedEnd(trailers, context: context)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        schedule(context)
        context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent:
            // Not passed on: the handler above knows nothing of a body that is still being collected.
            guard state.quiesce(now: .now()) else { return }
            closeOutput(context)
            schedule(context)
        case ChannelEvent.inputClosed where state.isLingering:
            abort(context)
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !state.isLingering else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(var head) where head.status.kind != .informational:
            let saysClose = head.headerFields[.connection] == "close"
            if state.willWriteHead(saysClose: saysClose || load.endsConnections) {
                head.headerFields[.connection] = "close"
            }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .end:
            context.write(data, promise: promise)
            releaseBody()
            if state.wroteEnd(now: .now()) { closeOutput(context) }
            schedule(context)
        default:
            context.write(data, promise: promise)
        }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode == .output {
            // Hummingbird then waits for the client's end, and a client need not see to one.
            state.outputClosed(now: .now())
            schedule(context)
        }
        context.close(mode: mode, promise: promise)
    }

    private func received(_ head: HTTPRequest, context: ChannelHandlerContext) {
        let contentLength = head.headerFields[.contentLength].map { Int($0) ?? .max }
        let wantsClose = head.headerFields[.connection]?.lowercased() == "close"
        switch state.receivedHead(contentLength: contentLength, wantsClose: wantsClose, now: .now()) {
        case .discard: break
        case .refuse(let refusal):
            self.head = head
            refuse(refusal, context: context)
        case .read:
            self.head = head
            guard head.headerFields[.expect]?.lowercased() == "100-continue" else { return }
            context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
        }
    }

    private func received(_ part: ByteBuffer, context: ChannelHandlerContext) {
        switch state.receivedBody(bytes: part.readableBytes, now: .now()) {
        case .discard: break
        case .abort: abort(context)
        case .refuse(let refusal): refuse(refusal, context: context)
        case .keep:
            let shared = max(0, body.readableBytes + part.readableBytes - Self.ownRoom) - reservedBytes
            guard shared <= 0 || load.reserve(bytes: shared) else {
                return refuse(state.refuse(.overloaded, now: .now()), context: context)
            }
            reservedBytes += max(0, shared)
            if body.readableBytes == 0 { body = part } else { body.writeImmutableBuffer(part) }
        }
    }

    private func receivedEnd(_ trailers: HTTPFields?, context: ChannelHandlerContext) {
        guard state.receivedEnd(), var head else { return }
        let took = NIODeadline.now() - state.requestBegan
        if took > Self.slowBody { head.headerFields[.bodyReadMilliseconds] = String(took.nanoseconds / 1_000_000) }
        context.fireChannelRead(wrapInboundOut(.head(head)))
        if body.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(.body(body))) }
        context.fireChannelRead(wrapInboundOut(.end(nil)))
        self.head = nil
        body = ByteBuffer()
    }

    /// Sees to a timer for the deadline; one that is set for earlier stays, so that a warm connection sets none.
    private func schedule(_ context: ChannelHandlerContext) {
        guard let deadline = state.deadline, isCounted else { return }
        if let timer {
            guard deadline < timer.deadline else { return }
            timer.task.cancel()
        }
        let task = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
            self.timer = nil
            switch self.state.timerFired(now: .now()) {
            case .nothing: self.schedule(context)
            case .abort: self.abort(context)
            case .refuse(let refusal): self.refuse(refusal, context: context)
            }
        }
        timer = (task, deadline)
    }

    private func releaseBody() {
        load.release(bytes: reservedBytes)
        reservedBytes = 0
        body = ByteBuffer()
    }

    private func end() {
        timer?.task.cancel()
        timer = nil
        releaseBody()
        guard isCounted else { return }
        isCounted = false
        load.closeConnection()
        onCount(load.connectionCount)
    }
}

@available(*, unavailable)
extension ConnectionGuard: Sendable {}

/// The three ways in which a connection ends before its client wants it to.
extension ConnectionGuard {
    /// Answers a request that nobody will look at, and ends the connection.
    private func refuse(_ refusal: Refusal, context: ChannelHandlerContext) {
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
    private func closeOutput(_ context: ChannelHandlerContext) {
        context.flush()
        context.close(mode: .output, promise: nil)
    }

    /// Closes the socket below TLS, which would wait five seconds more for the client to say goodbye.
    private func abort(_ context: ChannelHandlerContext) {
        if let tls = try? context.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self) {
            tls.close(promise: nil)
        } else {
            context.close(promise: nil)
        }
    }
}
