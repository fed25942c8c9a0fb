import HTTPTypes
import NIOCore
import NIOHTTPTypes
import NIOSSL
import NIOTLS
import PodAdmission

/// A channel handler between the HTTP decoder and Hummingbird: it collects the body of each request and enforces limits.
///
/// Hummingbird would pass a body on in pieces and, after an early response, read the rest of it without a limit. This
/// handler passes a request on when it is complete, with its body in one piece, so the connection's task wakes once. After
/// the last response it closes the connection in a way that lets the client read the response.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let load: ServerLoad
    private let limits: ServerLimits
    private let arrival: RequestArrival
    private let metrics: AdmissionMetrics?
    private var state: ConnectionState
    private var head: HTTPRequest?
    private var body = ByteBuffer()
    private var reservedBytes = 0
    private var isReview = false
    private var timer: (task: Scheduled<Void>, deadline: NIODeadline)?
    /// The connection in the server's table; nil before it is opened and after its end.
    private var id: ConnectionTable.ID?

    /// The part of a body in bytes that does not count towards the limit that all bodies share, so that the server never
    /// refuses an ordinary review because of other bodies.
    private static let unsharedBytes = 64 << 10

    /// Creates the guard of one connection.
    ///
    /// - Parameters:
    ///   - load: The state that all connections share.
    ///   - limits: The limits on the connection.
    ///   - arrival: Gets the time of each request for the responder.
    ///   - metrics: Counts the requests that the guard refuses; nil to count none.
    init(load: ServerLoad, limits: ServerLimits, arrival: RequestArrival, metrics: AdmissionMetrics?) {
        self.load = load
        self.limits = limits
        self.arrival = arrival
        self.metrics = metrics
        state = ConnectionState(limits: limits, isSurplus: false, now: .now())
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let loop = context.eventLoop
        let own = NIOLoopBound((guard: self, context: context), eventLoop: loop)
        let (id, isServed) = load.openConnection {
            loop.execute { own.value.guard.abort(own.value.context) }
        }
        self.id = id
        state = ConnectionState(limits: limits, isSurplus: !isServed, now: .now())
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
        case .end: receivedEnd(context: context)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        schedule(context)
        context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent:
            // The event is not passed on: Hummingbird's handler would close a connection whose body is being collected.
            guard state.quiesce(now: .now()) else { return }
            closeOutput(context)
            schedule(context)
        case ChannelEvent.inputClosed where state.isLingering:
            abort(context)
        case TLSUserEvent.handshakeCompleted:
            // A client that has done the work of a handshake is not as silent as one that has sent nothing.
            if let id { load.step(id, to: .waiting) }
            context.fireUserInboundEventTriggered(event)
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
            isReview = head.status == .ok
            let saysClose = head.headerFields[.connection] == "close"
            if state.willWriteHead(saysClose: saysClose || load.endsConnections) {
                head.headerFields[.connection] = "close"
            }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .end:
            context.write(data, promise: promise)
            if let id { load.responded(id, wasReview: isReview) }
            (reservedBytes, body) = (0, ByteBuffer())
            if state.wroteEnd(now: .now()) { closeOutput(context) }
            schedule(context)
        default:
            context.write(data, promise: promise)
        }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode == .output {
            // Hummingbird then waits until the client closes the connection, so the wait needs a timeout.
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
            if let id { load.step(id, to: .reading) }
            arrival.record()
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
            let shared = max(0, body.readableBytes + part.readableBytes - Self.unsharedBytes) - reservedBytes
            guard shared <= 0 || id.map({ load.reserve(bytes: shared, for: $0) }) ?? false else {
                return refuse(state.refuse(.overloaded, now: .now()), context: context)
            }
            reservedBytes += max(0, shared)
            if body.readableBytes == 0 { body = part } else { body.writeImmutableBuffer(part) }
        }
    }

    private func receivedEnd(context: ChannelHandlerContext) {
        guard state.receivedEnd(), let head else { return }
        if let id { load.step(id, to: .responding) }
        context.fireChannelRead(wrapInboundOut(.head(head)))
        if body.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(.body(body))) }
        context.fireChannelRead(wrapInboundOut(.end(nil)))
        self.head = nil
        body = ByteBuffer()
    }

    /// Sets a timer for the deadline; an earlier timer stays, so that a connection in use sets no new ones.
    private func schedule(_ context: ChannelHandlerContext) {
        guard let deadline = state.deadline, id != nil else { return }
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
        if let id { load.releaseBody(id) }
        reservedBytes = 0
        body = ByteBuffer()
    }

    private func end() {
        timer?.task.cancel()
        timer = nil
        releaseBody()
        guard let id else { return }
        self.id = nil
        load.closeConnection(id)
    }

    /// Answers a request with the refusal, counts it, and ends the connection.
    private func refuse(_ refusal: Refusal, context: ChannelHandlerContext) {
        let path = head?.path.map { RequestTarget.split($0).path }
        metrics?.count(refusal.result, stage: path.flatMap(AdmissionStage.init(path:)) ?? .mutating)
        head = nil
        releaseBody()
        let text = ByteBuffer(string: refusal.reason)
        var response = HTTPResponse(status: refusal.status)
        response.headerFields[.connection] = "close"
        response.headerFields[.contentType] = "text/plain; charset=utf-8"
        response.headerFields[.contentLength] = String(text.readableBytes)
        if refusal.status == .serviceUnavailable { response.headerFields[.retryAfter] = Refusal.retryAfter }
        context.write(wrapOutboundOut(.head(response)), promise: nil)
        context.write(wrapOutboundOut(.body(text)), promise: nil)
        context.write(wrapOutboundOut(.end(nil)), promise: nil)
        closeOutput(context)
        schedule(context)
    }

    /// Sends the rest of the output and closes it; the client or the timer closes the connection.
    private func closeOutput(_ context: ChannelHandlerContext) {
        context.flush()
        context.close(mode: .output, promise: nil)
    }

    /// Closes the socket below TLS, which would wait five seconds for the client's close notification.
    private func abort(_ context: ChannelHandlerContext) {
        if let tls = try? context.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self) {
            tls.close(promise: nil)
        } else {
            context.close(promise: nil)
        }
    }
}

@available(*, unavailable)
extension ConnectionGuard: Sendable {}
