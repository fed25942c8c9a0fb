import HTTPTypes
import NIOCore

/// The state machine of one HTTP/1.1 connection, without I/O and without a clock: its phase and its deadline.
///
/// A request that the client sends before the response to the one before it (pipelining) is not served, because it would
/// have to be kept in memory; the API server sends none. The connection ends after the response to the first request, as
/// HTTP allows (RFC 9112, 9.3.2).
struct ConnectionState {
    private enum Phase {
        /// The header of a request has not arrived yet.
        case waiting
        /// The header has arrived, the body not completely.
        case reading
        /// The request was passed on, and its response is not complete.
        case responding
        /// The last response was sent; bytes that still arrive are discarded.
        case lingering
    }

    /// The action after the header of a request: read its body, discard it, or refuse the request.
    enum HeadAction: Equatable {
        case read, discard
        case refuse(Refusal)
    }

    /// The action after a part of a body: keep it, discard it, close the connection, or refuse the request.
    enum BodyAction: Equatable {
        case keep, discard, abort
        case refuse(Refusal)
    }

    /// The action of a timer: none yet, close the connection, or refuse the request.
    enum TimerAction: Equatable {
        case nothing, abort
        case refuse(Refusal)
    }

    /// The time at which the current phase times out; nil while the server works on a response.
    private(set) var deadline: NIODeadline?
    private var phase = Phase.waiting
    private var bodyBytes = 0
    private var closesAfterResponse = false
    private let isSurplus: Bool
    private let limits: ServerLimits

    /// Creates the state of a new connection.
    ///
    /// - Parameters:
    ///   - limits: The limits on the connection.
    ///   - isSurplus: Whether the connection exceeds the limit; its requests are refused.
    ///   - now: The time.
    init(limits: ServerLimits, isSurplus: Bool, now: NIODeadline) {
        self.limits = limits
        self.isSurplus = isSurplus
        deadline = now + TimeAmount(limits.headTimeout)
    }

    /// Whether the last response was sent.
    var isLingering: Bool { phase == .lingering }

    /// Handles the header of a request; `contentLength` is nil for a body in chunks.
    mutating func receivedHead(contentLength: Int?, wantsClose: Bool, now: NIODeadline) -> HeadAction {
        guard phase == .waiting else {
            closesAfterResponse = true
            return .discard
        }
        if wantsClose { closesAfterResponse = true }
        if isSurplus { return .refuse(refuse(.overloaded, now: now)) }
        if let contentLength, contentLength > limits.bodyBytes { return .refuse(refuse(.tooLarge, now: now)) }
        phase = .reading
        bodyBytes = 0
        deadline = now + TimeAmount(limits.bodyTimeout)
        return .read
    }

    /// Handles a part of a body.
    mutating func receivedBody(bytes: Int, now: NIODeadline) -> BodyAction {
        switch phase {
        case .reading:
            bodyBytes += bytes
            return bodyBytes > limits.bodyBytes ? .refuse(refuse(.tooLarge, now: now)) : .keep
        case .lingering:
            bodyBytes += bytes
            return bodyBytes > 2 * limits.bodyBytes ? .abort : .discard
        case .waiting, .responding: return .discard
        }
    }

    /// Handles the end of a request; returns whether to pass the request on.
    mutating func receivedEnd() -> Bool {
        guard phase == .reading else { return false }
        phase = .responding
        deadline = nil
        return true
    }

    /// Refuses the request that is being read.
    mutating func refuse(_ refusal: Refusal, now: NIODeadline) -> Refusal {
        linger(now: now)
        return refusal
    }

    /// Handles the header of a response; returns whether it must say that the connection ends.
    mutating func willWriteHead(saysClose: Bool) -> Bool {
        if saysClose { closesAfterResponse = true }
        return closesAfterResponse
    }

    /// Handles the end of a response; returns whether the connection ends.
    mutating func wroteEnd(now: NIODeadline) -> Bool {
        if closesAfterResponse {
            linger(now: now)
        } else {
            phase = .waiting
            deadline = now + TimeAmount(limits.keepAliveTimeout)
        }
        return closesAfterResponse
    }

    /// Handles the server's shutdown; returns whether to close the connection at once, because it has no request.
    mutating func quiesce(now: NIODeadline) -> Bool {
        closesAfterResponse = true
        guard phase == .waiting else { return false }
        linger(now: now)
        return true
    }

    /// Handles the end of the output, which the server closed for another reason.
    mutating func outputClosed(now: NIODeadline) {
        if phase != .lingering { linger(now: now) }
    }

    /// Handles a timer; it does nothing before the deadline.
    mutating func timerFired(now: NIODeadline) -> TimerAction {
        guard let deadline, now >= deadline else { return .nothing }
        return phase == .reading ? .refuse(refuse(.tooSlow, now: now)) : .abort
    }

    private mutating func linger(now: NIODeadline) {
        phase = .lingering
        deadline = now + TimeAmount(limits.lingerTimeout)
    }
}

/// The reason why the guard or the responder refuses a request before it is decoded.
enum Refusal: Equatable {
    /// The body is longer than the limit.
    case tooLarge
    /// The body did not arrive in time.
    case tooSlow
    /// The server is at its limit of connections, of bytes in bodies, or of admissions.
    case overloaded

    /// The status of the response.
    var status: HTTPResponse.Status {
        switch self {
        case .tooLarge: .contentTooLarge
        case .tooSlow: .requestTimeout
        case .overloaded: .serviceUnavailable
        }
    }

    /// The `Retry-After` of every response with status 503, in seconds.
    ///
    /// With it the API server calls the webhook again until its timeout, in place of failing at once (client-go,
    /// rest/with_retry.go).
    static let retryAfter = "1"

    /// The body of the response.
    var reason: String {
        switch self {
        case .tooLarge: "the body is longer than the server accepts\n"
        case .tooSlow: "the body did not arrive in time\n"
        case .overloaded: "the server has too many requests or connections; try again\n"
        }
    }

    /// The result that is counted.
    var result: AdmissionResult {
        switch self {
        case .tooLarge: .tooLarge
        case .tooSlow: .tooSlow
        case .overloaded: .overloaded
        }
    }
}
