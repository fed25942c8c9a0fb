import Basics
import JSON
import PodAdmission

/// Sends the requests to all clouds.
///
/// Every host is a constant in the code or a setting of the operator, so an image cannot direct these requests to
/// another host. Redirects are not followed.
struct CloudClient: Sendable {
    /// The largest response, in bytes; responses are tokens with a few other fields.
    private static let limit = 64 << 10

    let transport: Transport
    let standIn: CloudStandIn?

    /// The headers and the body of a request.
    struct Message: Sendable {
        var headers: [(name: String, value: String)] = []
        var content: TransportRequest.Content?
        var isForMetadataServer = false
    }

    /// Sends a request and reads the JSON object of the response.
    ///
    /// - Throws: ``RegistryFailure`` for a failed request, a status other than 200, and a body that is not an object.
    func send(_ message: Message, to url: WebURL) async throws(RegistryFailure) -> JSONObject {
        let host = url.origin.host
        var request = TransportRequest(url: url, limit: Self.limit)
        request.headers = [("Accept", "application/json")] + message.headers
        request.content = message.content
        request.isForRegistry = false
        request.trust = .recommended
        request.isForMetadataServer = message.isForMetadataServer
        if let standIn {
            request.url = WebURL(standIn.origin, target: "/\(url.origin.hostAndPort)\(url.target)")
            request.trust = .configured
            request.isForMetadataServer = false
        }
        let reply = try await transport.send(request)
        guard reply.status == 200 else { throw reply.failure(host: host) }
        guard let body = reply.body,
            let object = try? JSONParser.parse(body, limits: JSONLimits(depth: 32, values: 10_000)).object
        else { throw Self.noToken(host) }
        return object
    }

    /// The failure for a response that does not contain the token or the keys that it should.
    static func noToken(_ host: String) -> RegistryFailure {
        RegistryFailure(.badResponse, "\(host): the response contains no valid token")
    }
}

extension JSONObject {
    /// Reads a token, which must consist of visible ASCII characters so that it can be sent in a header.
    ///
    /// - Throws: ``RegistryFailure`` with `bad-response` if there is no such token.
    func token(_ key: String, from host: String) throws(RegistryFailure) -> RedactedText {
        guard let text = self[key]?.string, !text.isEmpty, text.utf8.allSatisfy(\.isASCIIVisible) else {
            throw CloudClient.noToken(host)
        }
        return RedactedText(text)
    }

    /// The lifetime by `expires_in`, a number or a text of seconds: at least 1 second, at most a day.
    func lifetime(default seconds: Int) -> Duration {
        let text: String? =
            switch self["expires_in"] {
            case .number(let text), .string(let text): text
            default: nil
            }
        return .seconds(min(max(text.flatMap { Int($0) } ?? seconds, 1), 86_400))
    }
}

/// Reads tokens and settings from files.
enum CredentialFile {
    /// The largest file, in bytes.
    private static let limit = 64 << 10

    /// Reads a file; nil if it cannot be read, is empty, or is over 64 KiB.
    static func bytes(of path: String) -> [UInt8]? {
        guard let bytes = try? BoundedFile.bytes(of: path, limit: limit), !bytes.isEmpty else { return nil }
        return bytes
    }

    /// Reads the token in a file, without leading and trailing whitespace.
    ///
    /// Callers read the file for each use, because the kubelet replaces the token before it expires.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - variable: The name of the setting that names the file. Failures contain this name instead of the path,
    ///     because users who create Pods see them.
    /// - Returns: The token.
    /// - Throws: ``RegistryFailure`` with `unreachable` if the file contains no token.
    static func token(in path: String, of variable: String) throws(RegistryFailure) -> RedactedText {
        guard let token = bytes(of: path).map({ String(decoding: $0, as: UTF8.self).trimmed }), !token.isEmpty,
            token.utf8.allSatisfy(\.isASCIIVisible)
        else {
            throw unreadable(variable)
        }
        return RedactedText(token)
    }

    /// The failure for a token file without a readable token.
    static func unreadable(_ variable: String) -> RegistryFailure {
        RegistryFailure(.unreachable, "\(variable): its file contains no readable token")
    }
}
