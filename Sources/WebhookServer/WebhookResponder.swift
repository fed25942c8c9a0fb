import Basics
import HTTPTypes
import HummingbirdCore
import NIOCore
import PodAdmission

/// The two webhooks, as HTTP requests reach them: complete, bounded, and one at a time on each connection.
struct WebhookResponder: Sendable {
    let handler: AdmissionHandler
    let load: ServerLoad
    let limits: ServerLimits

    /// Answers `request`.
    func respond(to request: Request) async throws -> Response {
        let (path, query) = Self.split(request.head.path ?? "/")
        guard let stage = AdmissionStage(path: path) else {
            return .text(.notFound, "no such path; there are /mutate and /validate\n")
        }
        guard request.method == .post else {
            return .text(.methodNotAllowed, "reviews are sent by POST\n", allow: "POST")
        }
        guard Self.isJSON(request.headers[.contentType]) else {
            handler.count(.badRequest, stage: stage)
            return .text(.unsupportedMediaType, "the body has to be application/json\n")
        }
        guard load.beginAdmission() else {
            handler.count(.overloaded, stage: stage)
            return .text(.serviceUnavailable, Refusal.overloaded.reason)
        }
        let budget = AdmissionDeadline.budget(query: query) - Self.bodyTime(request.headers, limits: limits)
        let deadline = ContinuousClock.now + budget
        let reply: HTTPReply
        do {
            defer { load.endAdmission() }
            // The guard of the connection has collected the body; this only takes it over.
            let body = try await request.body.collect(upTo: limits.bodyBytes)
            reply = await handler.answer(body, stage: stage, deadline: deadline)
        }
        return .whole(HTTPResponse.Status(code: reply.status), contentType: reply.contentType, body: reply.body)
    }

    /// Counts a request that never got here.
    func count(_ refusal: Refusal, target: String?) {
        let path = target.map { Self.split($0).path }
        handler.count(refusal.result, stage: path.flatMap(AdmissionStage.init(path:)) ?? .mutating)
    }

    private static func split(_ target: String) -> (path: Substring, query: Substring?) {
        guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return (target[...], nil) }
        return (target[..<mark], target[target.index(after: mark)...])
    }

    /// Whether `contentType` is `application/json`, with parameters or without.
    private static func isJSON(_ contentType: String?) -> Bool {
        guard let contentType else { return false }
        let type = contentType.prefix { $0 != ";" && $0 != " " }
        return type == "application/json" || type.lowercased() == "application/json"
    }

    /// How long the body was on its way; a client that says so itself only takes time from itself.
    private static func bodyTime(_ headers: HTTPFields, limits: ServerLimits) -> Duration {
        guard let text = headers[.bodyReadMilliseconds], let time = Int64(text), time > 0 else { return .zero }
        return min(.milliseconds(time), limits.bodyTimeout)
    }
}

extension HTTPField.Name {
    /// Set by the guard of a connection on a request whose body took long to arrive, for its deadline.
    static let bodyReadMilliseconds = Self(parsed: "polypod-body-read-milliseconds") ?? .date
}

extension AdmissionStage {
    /// The stage whose webhook is at `path`.
    fileprivate init?(path: Substring) {
        switch path {
        case "/mutate": self = .mutating
        case "/validate": self = .validating
        default: return nil
        }
    }
}

/// How long an answer may take: the API server's `?timeout=` less what the way back needs.
public enum AdmissionDeadline {
    /// What the API server waits where it does not say (admissionregistration/v1, `timeoutSeconds`).
    static let assumedTimeout = Duration.seconds(10)
    /// The longest `timeoutSeconds` there is.
    static let longestTimeout = Duration.seconds(30)
    /// Kept in hand, since the API server rounds its remaining time up to whole seconds (client-go, rest/request.go).
    static let reserve = Duration.seconds(1)

    /// The time for an answer to a request with `query`.
    ///
    /// - Parameter query: The query of the request's target, without the question mark.
    /// - Returns: The `timeout`, or 10 s where it is missing or no duration, at most 30 s; less one second, or less
    ///   half of it where it is below two.
    public static func budget(query: Substring?) -> Duration {
        var timeout = assumedTimeout
        for pair in (query ?? "").split(separator: "&") where pair.hasPrefix("timeout=") {
            if let asked = GoDuration.parse(pair.dropFirst("timeout=".count)), asked > .zero { timeout = asked }
        }
        timeout = min(timeout, longestTimeout)
        return timeout - min(reserve, timeout / 2)
    }
}

extension Response {
    /// A response in one piece, which is written in one piece.
    static func whole(_ status: HTTPResponse.Status, contentType: String, body: ByteBuffer) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = contentType
        headers[.contentLength] = String(body.readableBytes)
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body))
    }

    /// One line to people.
    static func text(_ status: HTTPResponse.Status, _ text: String, allow: String? = nil) -> Response {
        var response = whole(status, contentType: "text/plain; charset=utf-8", body: ByteBuffer(string: text))
        if let allow { response.headers[.allow] = allow }
        return response
    }
}
