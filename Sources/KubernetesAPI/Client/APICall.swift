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
