package import FoundationEssentials
package import HTTPTypes
package import Hummingbird
package import KubernetesAPI
package import NIOSSL
import Synchronization

/// A request that the server received.
package struct SeenRequest: Sendable {
    /// The number of requests before it.
    package let index: Int
    package let method: String
    package let path: String
    package let query: String
    package let headers: HTTPFields
    package let body: String

    package func parameter(_ name: String) -> String? {
        query.split(separator: "&").first { $0.hasPrefix("\(name)=") }.map { String($0.dropFirst(name.count + 1)) }
    }

    package var isWatch: Bool { parameter("watch") == "1" }
}

/// A server on loopback with its own certificate, and the files that a Pod has for its API server.
package final class FakeAPIServer: Sendable {
    package typealias Handler = @Sendable (SeenRequest) async throws -> Response

    package let certificate: SelfSigned
    package let folder: URL
    private let port = Mutex(0)
    private let requests = Mutex<[SeenRequest]>([])

    package var seen: [SeenRequest] { requests.withLock { $0 } }
    package var number: Int { port.withLock { $0 } }
    package var environment: [String: String] {
        ["KUBERNETES_SERVICE_HOST": "localhost", "KUBERNETES_SERVICE_PORT": "\(number)"]
    }

    package init(names: [String] = ["localhost"], trusting other: SelfSigned? = nil) throws {
        certificate = try SelfSigned(names: names)
        folder = FileManager.default.temporaryDirectory.appending(path: "polypod-\(UInt64.random(in: 0...(.max)))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try write((other ?? certificate).pem, to: "ca.crt")
        try write("s3cret\n", to: "token")
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    package func write(_ text: String, to file: String) throws {
        try Data(text.utf8).write(to: folder.appending(path: file))
    }

    package func access() throws -> ClusterAccess {
        try .inCluster(environment: environment, folder: folder.path)
    }

    /// Serves while `body` runs, again at the same port if it served before.
    package func serve(
        tls: TLSConfiguration? = nil,
        _ handler: @escaping Handler,
        while body: () async throws -> Void
    ) async throws {
        try await LoopbackServer.run(port: number, tls: tls ?? certificate.server) { request in
            let text = String(buffer: try await request.body.collect(upTo: 1 << 20))
            return try await handler(self.note(request, text))
        } while: { number in
            port.withLock { $0 = number }
            try await body()
        }
    }

    /// Serves while `body` runs with a client.
    package func serve(
        timeout: Duration = .seconds(15),
        _ handler: @escaping Handler,
        _ body: @Sendable (KubernetesClient) async throws -> Void
    ) async throws {
        try await serve(handler) {
            try await KubernetesClient.withClient(for: try self.access(), timeout: timeout, body)
        }
    }

    private func note(_ request: Request, _ body: String) -> SeenRequest {
        requests.withLock { requests in
            let seen = SeenRequest(
                index: requests.count,
                method: request.method.rawValue,
                path: request.uri.path,
                query: request.uri.query ?? "",
                headers: request.headers,
                body: body
            )
            requests.append(seen)
            return seen
        }
    }
}
