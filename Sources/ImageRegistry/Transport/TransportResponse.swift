import Basics
import JSON
import NIOHTTP1
import PodAdmission

/// An HTTP response; its content is parsed or dropped, and never shown to users.
struct TransportResponse: Sendable {
    /// The HTTP status code.
    var status: Int
    var headers: HTTPHeaders
    /// The body; nil if the response is not a success and its body is over 64 KiB.
    var body: [UInt8]?
    /// The room of the body in the budget for all bodies; nil for a response without one.
    var reservation: BodyBudget.Reservation?

    /// The codes of the OCI distribution specification ("Error Codes"), the only part of an error that is passed on.
    private static let knownCodes: Set<String> = [
        "BLOB_UNKNOWN", "BLOB_UPLOAD_INVALID", "BLOB_UPLOAD_UNKNOWN", "DIGEST_INVALID", "MANIFEST_BLOB_UNKNOWN",
        "MANIFEST_INVALID", "MANIFEST_UNKNOWN", "NAME_INVALID", "NAME_UNKNOWN", "SIZE_INVALID", "UNAUTHORIZED",
        "DENIED", "UNSUPPORTED", "TOOMANYREQUESTS",
    ]

    /// How long to send no requests, by `Retry-After`: 1 s to 5 min, and 30 s if the header contains a date.
    private var retryAfter: Duration? {
        guard let text = headers.first(name: "Retry-After")?.trimmed, !text.isEmpty else { return nil }
        guard let seconds = Int(text) else { return .seconds(30) }
        return .seconds(min(max(seconds, 1), 300))
    }

    /// The failure for a response with a status other than success.
    ///
    /// - Parameters:
    ///   - host: The registry or cloud host, for the text.
    ///   - subject: The server that responded, for the text.
    /// - Returns: A failure with the status, and with the error code if it is a code of the OCI specification.
    func failure(host: String, of subject: String = "the server") -> RegistryFailure {
        let detail = "\(host): \(subject) answered \(status)" + (errorCode.map { " \($0)" } ?? "")
        switch status {
        case 401, 403: return RegistryFailure(.unauthorized, detail)
        case 404: return RegistryFailure(.notFound, detail)
        case 429: return RegistryFailure(.rateLimited, detail, retryAfter: retryAfter ?? .seconds(10))
        case 500...: return RegistryFailure(.registryError, detail, retryAfter: retryAfter)
        default: return RegistryFailure(.badResponse, detail)
        }
    }

    private var errorCode: String? {
        guard let body, let document = try? JSONParser.parse(body, limits: JSONLimits(depth: 32, values: 10_000)),
            let code = document["errors"]?.array?.first?["code"]?.string
        else { return nil }
        return Self.knownCodes.contains(code) ? code : nil
    }
}
