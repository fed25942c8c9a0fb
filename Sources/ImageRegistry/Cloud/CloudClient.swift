import Basics
import JSON
import PodAdmission

/// Sends the requests of all clouds.
///
/// Every host is one that stands in the code or that the operator's settings name, so that none of these requests can be
/// led elsewhere by an image; redirects are not followed.
struct CloudClient: Sendable {
    /// The answers are tokens with a little around them.
    private static let limit = 64 << 10

    let transport: Transport
    let standIn: CloudStandIn?

    /// What a request is sent with.
    struct Message: Sendable {
        var headers: [(name: String, value: String)] = []
        var content: TransportRequest.Content?
        var isForMetadataServer = false
    }

    /// Sends and reads the object that comes back.
    func send(_ message: Message, to url: WebURL) async throws(RegistryFailure) -> JSONObject {
        let host = url.origin.host
        var request = TransportRequest(url: url, limit: Self.limit)
        request.headers = [("Accept", "application/json")] + message.headers
        request.content = message.content
        request.isForRegistry = false
        request.isForMetadataServer = message.isForMetadataServer
        if let standIn {
            request.url = WebURL(standIn.origin, target: "/\(url.origin.hostAndPort)\(url.target)")
            request.allowsLoopback = true
            request.isForMetadataServer = false
        }
        let reply = try await transport.send(request)
        guard reply.status == 200 else { throw reply.failure(host: host) }
        guard let body = reply.body,
            let object = try? JSONParser.parse(body, limits: JSONLimits(depth: 32, values: 10_000)).object
        else { throw Self.fault(host) }
        return object
    }

    /// What to throw for an answer without what was asked for.
    static func fault(_ host: String) -> RegistryFailure {
        RegistryFailure(.badResponse, "\(host): an answer without a token")
    }
}

extension JSONObject {
    /// A token: text that may stand in a header.
    func token(_ key: String, from host: String) throws(RegistryFailure) -> RedactedText {
        guard let text = self[key]?.string, !text.isEmpty, text.utf8.allSatisfy(\.isASCIIVisible) else {
            throw CloudClient.fault(host)
        }
        return RedactedText(text)
    }

    /// The seconds that `expires_in` gives, as number or as text: at least 1, and at most a day.
    func lifetime(default seconds: Int) -> Duration {
        let text: String? =
            switch self["expires_in"] {
            case .number(let text), .string(let text): text
            default: nil
            }
        return .seconds(min(max(text.flatMap { Int($0) } ?? seconds, 1), 86_400))
    }
}
