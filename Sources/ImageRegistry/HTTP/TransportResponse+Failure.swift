import Basics
import JSON
import NIOHTTP1
import PodAdmission

extension TransportResponse {
    /// The codes of the OCI distribution specification ("Error Codes"), the only part of an error that is passed on.
    private static let knownCodes: Set<String> = [
        "BLOB_UNKNOWN", "BLOB_UPLOAD_INVALID", "BLOB_UPLOAD_UNKNOWN", "DIGEST_INVALID", "MANIFEST_BLOB_UNKNOWN",
        "MANIFEST_INVALID", "MANIFEST_UNKNOWN", "NAME_INVALID", "NAME_UNKNOWN", "SIZE_INVALID", "UNAUTHORIZED",
        "DENIED", "UNSUPPORTED", "TOOMANYREQUESTS",
    ]

    /// How long the registry asks to be left alone: at most an hour; 30 s where it gives a date.
    var retryAfter: Duration? {
        guard let text = headers.first(name: "Retry-After")?.trimmed, !text.isEmpty else { return nil }
        guard let seconds = Int(text) else { return .seconds(30) }
        return .seconds(min(max(seconds, 1), 3600))
    }

    /// What a status other than success means.
    func failure(host: String, of what: String = "it") -> RegistryFailure {
        let detail = "\(host): \(what) answered \(status)" + (errorCode.map { " \($0)" } ?? "")
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
