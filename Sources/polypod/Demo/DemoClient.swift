import AsyncHTTPClient
import Foundation
import JSON
import NIOCore
import NIOHTTP1
import NIOSSL
import PodAdmission

/// Sends reviews like the API server: over TLS, trusting only the CA of the webhook configuration.
struct DemoClient {
    /// The webhook's response to a review.
    struct Response {
        /// Whether the request is admitted.
        let isAllowed: Bool
        /// The reason for a refusal; nil for an admitted request.
        let message: String?
        /// The changes to the object; empty for none.
        let patch: [JSONPatchOperation]
        /// The time from the request to the complete response.
        let elapsed: Duration
    }

    /// The webhooks' address without a path.
    private let url: String
    private let client: HTTPClient

    /// Runs `body` with a client, which is shut down afterwards.
    ///
    /// - Parameters:
    ///   - url: The webhooks' address without a path.
    ///   - authority: The CA's certificate, PEM.
    ///   - body: The work.
    /// - Throws: An error of NIOSSL if `authority` is not a certificate, and any error of `body`.
    static func withClient(
        url: String,
        authority: String,
        _ body: (DemoClient) async throws -> Void
    ) async throws {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(authority.utf8)))
        try await HTTPClient.withHTTPClient(configuration: .init(tlsConfiguration: tls)) { client in
            try await body(DemoClient(url: url, client: client))
        }
    }

    /// Sends one review.
    ///
    /// - Throws: An error of AsyncHTTPClient if there is no response, and ``JSONError`` if it is not valid.
    func send(_ review: JSONValue, to path: String) async throws -> Response {
        var request = HTTPClientRequest(url: "\(url)\(path)?timeout=5s")
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.body = .bytes(ByteBuffer(string: review.compactText))
        let start = ContinuousClock.now
        let response = try await client.execute(request, timeout: .seconds(10))
        let body = try await response.body.collect(upTo: 1 << 20)
        let elapsed = start.duration(to: .now)
        let decision = try JSONParser.parse(Array(body.readableBytesView))["response"]
        return Response(
            isAllowed: decision?["allowed"] == true,
            message: decision?["status"]?["message"]?.string,
            patch: try Self.patch(decision?["patch"]?.string),
            elapsed: elapsed
        )
    }

    private static func patch(_ base64: String?) throws -> [JSONPatchOperation] {
        guard let base64, let data = Data(base64Encoded: base64) else { return [] }
        return (try JSONParser.parse([UInt8](data)).array ?? []).compactMap { operation in
            guard let pointer = operation["path"]?.string, let value = operation["value"] else { return nil }
            let steps = pointer.split(separator: "/").map {
                String($0).replacing("~1", with: "/").replacing("~0", with: "~")
            }
            return JSONPatchOperation(add: steps, value: value)
        }
    }
}
