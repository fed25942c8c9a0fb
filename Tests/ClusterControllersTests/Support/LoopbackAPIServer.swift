import JSON
import KubernetesAPI
import TestSupport

/// An API server on loopback for tests that need only a status and a document for each request.
enum LoopbackAPIServer {
    /// A request that the server received.
    struct Request: Sendable {
        /// Method, path and parameters.
        var line: String
        var body: JSONValue?

        init(_ seen: SeenRequest) {
            line = "\(seen.method) \(seen.path)" + (seen.query.isEmpty ? "" : "?\(seen.query)")
            body = try? JSONParser.parse(seen.body)
        }
    }

    /// Runs `body` with a client of a server that answers by `answer`: a status and a document.
    static func with(
        _ answer: @escaping @Sendable (Request) -> (Int, JSONValue),
        _ body: @Sendable (KubernetesClient, _ seen: @Sendable () -> [Request]) async throws -> Void
    ) async throws {
        let server = try FakeAPIServer()
        try await server.serve({ request in
            let (status, document) = answer(Request(request))
            return .json(document, code: status)
        }) { client in
            try await body(client) { server.seen.map(Request.init) }
        }
    }
}
