import HTTPTypes
import NIOCore

/// What becomes of one HTTP/1.1 connection, apart from its bytes: which part of a request it is in and until when.
///
/// Requests in a pipeline are not served: the API server sends none (Go's client never does), and to hold them would
/// take memory. The connection ends after the response to the first, which HTTP allows (RFC 9112, 9.3.2).
struct ConnectionState {
    private enum Phase {
        /// For a request's header.
        case waiting
        /// The body is on its way.
        case reading
        /// The request was passed on.
        case responding
        /// The last response is out; what still arrives is thrown away.
        case lingering
    }

    enum HeadAction: Equatable {
        case read, discard
        case refuse(Refusal)
    }

    enum BodyAction: Equatable {
        case keep, discard, abort
        case refuse(Refusal)
    }

    enum TimerAction: Equatable {
        case nothing, abort
        case refuse(Refusal)
    }

    /// When the connection is cut off unless something happens; nil while a response is being made.
    private(set) var deadline: NIODeadline?
    /// When the request being read began.
    private(set) var requestBegan = NIODeadline.uptimeNanoseconds(0)
    private var phase = Phase.waiting
    private var bodyBytes = 0
    private var closesAfterResponse = false
    private let isSurplus: Bool
    private let limits: ServerLimits

    /// - Parameter isSurplus: Whether the connection is one too many, and gets nothing but a refusal.
    init(limits: ServerLimits, isSurplus: Bool, now: NIODeadline) {
        self.limits = limits
        self.isSurplus = isSurplus
        deadline = now + TimeAmount(limits.headTimeout)
    }

    /// Whether the last response is out.
    var isLingering: Bool { phase == .lingering }

    /// A request's header has arrived.
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
        requestBegan = now
        deadline = now + TimeAmount(limits.bodyTimeout)
        return .read
    }

    /// A part of a body has arrived.
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

    /// A request is complete; whether it is to be passed on.
    mutating func receivedEnd() -> Bool {
        guard phase == .reading else { return false }
        phase = .responding
        deadline = nil
        return true
    }

    /// Gives up the request that is being read.
    mutating func refuse(_ refusal: Refusal, now: NIODeadline) -> Refusal {
        linger(now: now)
        return refusal
    }

    /// A response is about to be written; whether it has to say that the connection ends with it.
    mutating func willWriteHead(saysClose: Bool) -> Bool {
        if saysClose { closesAfterResponse = true }
        return closesAfterResponse
    }

    /// A response is written; whether the connection ends.
    mutating func wroteEnd(now: NIODeadline) -> Bool {
        if closesAfterResponse {
            linger(now: now)
        } else {
            phase = .waiting
            deadline = now + TimeAmount(limits.keepAliveTimeout)
        }
        return closesAfterResponse
    }

    /// The server stops; whether the connection is to be closed at once, being between requests.
    mutating func quiesce(now: NIODeadline) -> Bool {
        closesAfterResponse = true
        guard phase == .waiting else { return false }
        linger(now: now)
        return true
    }

    /// Nothing more will be sent, for a reason of the server's own.
    mutating func outputClosed(now: NIODeadline) {
        if phase != .lingering { linger(now: now) }
    }

    /// Time has passed.
    mutating func timerFired(now: NIODeadline) -> TimerAction {
        guard let deadline, now >= deadline else { return .nothing }
        return phase == .reading ? .refuse(refuse(.tooSlow, now: now)) : .abort
    }

    private mutating func linger(now: NIODeadline) {
        phase = .lingering
        deadline = now + TimeAmount(limits.lingerTimeout)
    }
}

/// Why a request is answered before anything looked at it.
enum Refusal: Equatable {
    /// Its body is longer than the limit.
    case tooLarge
    /// Its body did not arrive in time.
    case tooSlow
    /// There are more connections, or more bytes in bodies, than the server takes on.
    case overloaded

    var status: HTTPResponse.Status {
        switch self {
        case .tooLarge: .contentTooLarge
        case .tooSlow: .requestTimeout
        case .overloaded: .serviceUnavailable
        }
    }

    var reason: String {
        switch self {
        case .tooLarge: "the body is longer than the server accepts\n"
        case .tooSlow: "the body did not arrive in time\n"
        case .overloaded: "the server has too much to do\n"
        }
    }
}
