import Basics
import HTTPTypes
import HummingbirdCore
import NIOCore
import PodAdmission

/// Serves `/mutate` and `/validate`, each with its segment if there is one; the connection's guard has collected and bounded the body of each request.
struct WebhookResponder: Sendable {
    /// Answers the reviews.
    let handler: AdmissionHandler
    /// Counts the admissions that run at the same time.
    let load: ServerLoad
    /// The limits on a request.
    let limits: ServerLimits
    /// Returns the ends of the paths that a client can use; nil if the paths have no such end.
    let segments: (@Sendable () -> Set<String>)?

    /// Answers `request`, whose header was complete at `arrival`.
    ///
    /// The time that the body took is part of the time that the API server waits.
    ///
    /// - Throws: The error of the connection if it ends before the body is read.
    func respond(to request: Request, arrival: ContinuousClock.Instant) async throws -> Response {
        let (path, query) = RequestTarget.split(request.head.path ?? "/")
        guard let stage = AdmissionStage(path: path), isKnown(AdmissionStage.segment(of: path)) else {
            return .text(.notFound, "no such path\n")
        }
        guard request.method == .post else {
            return .text(.methodNotAllowed, "send reviews with POST\n", allow: "POST")
        }
        guard Self.isJSON(request.headers[.contentType]) else {
            handler.metrics.count(.badRequest, stage: stage)
            return .text(.unsupportedMediaType, "the body must be application/json\n")
        }
        guard load.beginAdmission() else {
            handler.metrics.count(.overloaded, stage: stage)
            return .text(.serviceUnavailable, Refusal.overloaded.reason)
        }
        defer { load.endAdmission() }
        // The guard has the whole body, so this does not wait.
        let body = try await request.body.collect(upTo: limits.bodyBytes)
        let deadline = arrival + AdmissionDeadline.budget(query: query)
        let reply = await handler.answer(body, stage: stage, deadline: deadline)
        return .whole(HTTPResponse.Status(code: reply.status), contentType: reply.contentType, body: reply.body)
    }

    /// Whether a client that sends this segment knows the webhook configurations.
    private func isKnown(_ segment: Substring?) -> Bool {
        guard let segments else { return segment == nil }
        guard let segment else { return false }
        // Every comparison takes the same time, so that the time tells nothing about the segments.
        return segments().reduce(false) { $0 || $1.utf8.count == segment.utf8.count && Self.isEqual($1, segment) }
    }

    private static func isEqual(_ left: String, _ right: Substring) -> Bool {
        zip(left.utf8, right.utf8).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// Whether `contentType` is `application/json`, with or without parameters.
    private static func isJSON(_ contentType: String?) -> Bool {
        guard let contentType else { return false }
        let type = contentType.prefix { $0 != ";" && $0 != " " }
        return type == "application/json" || type.lowercased() == "application/json"
    }
}

/// The target of a request line, such as `/mutate?timeout=5s`.
enum RequestTarget {
    /// The path and the query of `target`; the query is nil without a question mark.
    static func split(_ target: String) -> (path: Substring, query: Substring?) {
        guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return (target[...], nil) }
        return (target[..<mark], target[target.utf8.index(after: mark)...])
    }
}

extension AdmissionStage {
    /// The stage whose webhook has this path, such as `/mutate` or `/mutate/SEGMENT`; nil for any other path.
    init?(path: Substring) {
        switch path.utf8.split(separator: UInt8(ascii: "/"), maxSplits: 1).first.map({ Substring($0) }) {
        case "mutate": self = .mutating
        case "validate": self = .validating
        default: return nil
        }
    }

    /// The end of the path after the name of the webhook; nil if it has none.
    static func segment(of path: Substring) -> Substring? {
        path.utf8.dropFirst().firstIndex(of: UInt8(ascii: "/")).map { path[path.utf8.index(after: $0)...] }
    }
}

/// The time that a response may take: the API server's `?timeout=` minus a reserve.
enum AdmissionDeadline {
    /// The timeout if the API server sends none (admissionregistration/v1, `timeoutSeconds`).
    private static let defaultTimeout = Duration.seconds(10)
    /// The longest `timeoutSeconds` that the API server accepts.
    private static let longestTimeout = Duration.seconds(30)
    /// The reserve, because the API server rounds its remaining time up to whole seconds (client-go, rest/request.go).
    private static let reserve = Duration.seconds(1)

    /// The time for the response to a request with `query`.
    ///
    /// - Parameter query: The query of the request's target, without the question mark.
    /// - Returns: The `timeout`, at most 30 s, or 10 s if it is missing or not a duration; minus one second, or minus
    ///   half of it if it is below two seconds.
    static func budget(query: Substring?) -> Duration {
        var timeout = defaultTimeout
        for pair in (query ?? "").utf8.split(separator: UInt8(ascii: "&")).map({ Substring($0) })
        where pair.hasPrefix("timeout=") {
            if let asked = GoDuration.parse(pair.dropFirst("timeout=".count)), asked > .zero { timeout = asked }
        }
        timeout = min(timeout, longestTimeout)
        return timeout - min(reserve, timeout / 2)
    }
}
