import AsyncHTTPClient
import Foundation
import JSON
import NIOCore
import NIOHTTP1
import NIOSSL
import PodAdmission

/// Sends reviews as the API server does: over TLS, trusting the CA of the webhook configuration alone.
struct DemoClient {
    /// What came back for a review.
    struct Answer {
        /// Whether the request is admitted.
        let isAllowed: Bool
        /// The reason of a refusal.
        let message: String?
        /// The lines for the person who sent the request.
        let warnings: [String]
        /// The patch.
        let patch: [JSONPatchOperation]
        /// How long it took.
        let elapsed: Duration
    }

    /// The webhooks' address without a path.
    let url: String
    private let client: HTTPClient

    /// Runs `body` with a client of the webhooks at `url`.
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
    func send(_ review: JSONValue, to path: String) async throws -> Answer {
        var request = HTTPClientRequest(url: "\(url)\(path)?timeout=5s")
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.body = .bytes(ByteBuffer(string: review.compactText))
        let start = ContinuousClock.now
        let response = try await client.execute(request, timeout: .seconds(10))
        let body = try await response.body.collect(upTo: 1 << 20)
        let elapsed = start.duration(to: .now)
        let answer = try JSONParser.parse(Array(body.readableBytesView))["response"]
        return Answer(
            isAllowed: answer?["allowed"] == true,
            message: answer?["status"]?["message"]?.string,
            warnings: answer?["warnings"]?.array?.compactMap(\.string) ?? [],
            patch: try Self.patch(answer?["patch"]?.string),
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
