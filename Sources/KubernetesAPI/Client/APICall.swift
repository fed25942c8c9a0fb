import Basics
import JSON
import NIOCore
import NIOHTTP1

/// One request to the API server.
struct APICall: Sendable {
    var method: HTTPMethod
    /// The path without parameters.
    var path: String
    var query: [URLQuery.Item] = []
    var body: ByteBuffer?
    var contentType: String?
    var accept = "application/json"
    /// How much of a body is read before the connection is given up.
    ///
    /// An object is at most what etcd takes, 1.5 MiB by default.
    var limit = 4 << 20

    /// A read.
    static func get(_ path: String, query: [URLQuery.Item] = []) -> APICall {
        APICall(method: .GET, path: path, query: query)
    }

    /// A request with a document.
    init(_ method: HTTPMethod, _ path: String, query: [URLQuery.Item] = [], _ body: JSONValue, type: String) {
        self.init(method: method, path: path, query: query)
        var bytes: [UInt8] = []
        body.write(to: &bytes)
        self.body = ByteBuffer(bytes: bytes)
        contentType = type
    }

    /// A request without a body.
    init(method: HTTPMethod, path: String, query: [URLQuery.Item] = []) {
        self.method = method
        self.path = path
        self.query = query
    }

    /// What is being done, for messages.
    var subject: String { "\(method) \(path)" }
}

/// What came back.
struct APIResponse: Sendable {
    var status: Int
    var headers: HTTPHeaders
    var body: [UInt8]

    /// The document of a success.
    ///
    /// - Throws: ``KubernetesAPIError`` with `refused` where it is none.
    func object(_ call: APICall, limits: JSONLimits = APIResponse.limits) throws(KubernetesAPIError) -> JSONValue {
        do throws(JSONError) { return try JSONParser.parse(body, limits: limits) } catch {
            throw KubernetesAPIError(.refused, "\(call.subject): the answer is \(error)")
        }
    }

    /// Bounds for what the API server sends: a page of 500 large Pods has a million values.
    static let limits = JSONLimits(values: 8_000_000)
}

extension APIResponse {
    /// What the answer means where it is no success; nil for success.
    ///
    /// The body of a failure is a Status (apimachinery, meta/v1), whose reason tells apart what one code stands for.
    func failure(_ subject: String) -> KubernetesAPIError? {
        guard !(200..<300).contains(status) else { return nil }
        let document = try? JSONParser.parse(body)
        return .answer(
            status,
            reason: document?["reason"]?.string,
            subject: subject,
            serverMessage: document?["message"]?.string?.plainText(byteLimit: 2048),
            retryAfter: headers.first(name: "Retry-After").flatMap { UInt16($0) }.map { .seconds($0) }
        )
    }
}

extension KubernetesAPIError {
    /// What a code and a Status' reason mean.
    static func answer(
        _ status: Int,
        reason: String?,
        subject: String,
        serverMessage: String? = nil,
        retryAfter: Duration? = nil
    ) -> KubernetesAPIError {
        let (code, words): (Code, String) =
            switch status {
            case 400, 422: (.invalid, "the API server finds it not valid")
            case 401: (.unauthenticated, "the credential is not taken")
            case 403: (.forbidden, "the user may not, or an admission plugin forbids it; look at its ClusterRole")
            case 404: (.notFound, "there is no such object")
            case 409 where reason == "AlreadyExists": (.alreadyExists, "there is one of this name")
            case 409: (.conflict, "it was changed meanwhile; read it again")
            case 410: (.gone, "the resource version is too old; list again")
            case 429: (.tooManyRequests, "the API server wants to be asked later")
            case 504: (.timeout, "the API server ran out of time")
            default: (.refused, "the API server answers \(status)")
            }
        return KubernetesAPIError(
            code,
            "\(subject): \(words)",
            serverMessage: serverMessage,
            retryAfter: retryAfter
        )
    }
}

extension APIResponse {
    /// The texts of the Warning headers: `299 - "text"`, several of them with commas between, as the API server writes
    /// them (RFC 7234, 5.5; apimachinery, pkg/util/net/http.go).
    var warnings: [String] {
        headers["Warning"].flatMap { value in
            var texts: [String] = []
            var text: String.UnicodeScalarView?
            var isEscaped = false
            // Behind the text there may be a date, in quotes as well.
            var isDate = false
            for scalar in value.unicodeScalars {
                switch (text, scalar) {
                case (nil, "\""): text = String.UnicodeScalarView()
                case (nil, ","): isDate = false
                case (nil, _): break
                case (_?, _) where isEscaped:
                    text?.append(scalar)
                    isEscaped = false
                case (_?, "\\"): isEscaped = true
                case (let whole?, "\""):
                    if !isDate { texts.append(String(whole).plainText(byteLimit: 2048)) }
                    isDate = true
                    text = nil
                case (_?, _): text?.append(scalar)
                }
            }
            return texts
        }
    }
}

/// The parameters of a request.
enum URLQuery {
    typealias Item = (name: String, value: String)

    /// `path` with `items`, encoded.
    static func append(_ items: [Item], to path: String) -> String {
        guard !items.isEmpty else { return path }
        return "\(path)?\(items.map { "\($0.name)=\($0.value.percentEncoded)" }.joined(separator: "&"))"
    }
}
