import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import JSON
import KubernetesAPI
import Logging
import NIOCore
import NIOSSL
import PodAdmission
import ServiceLifecycle
import Synchronization
import TestSupport

/// A server on loopback that a real client takes for an API server.
enum LoopbackAPIServer {
    /// What it is asked.
    struct Request: Sendable {
        /// Method, path and parameters.
        var line: String
        var body: JSONValue?
    }

    /// Runs `body` with a client of a server that answers by `answer`: a status and a document.
    static func with(
        _ answer: @escaping @Sendable (Request) -> (Int, JSONValue),
        _ body: @Sendable (KubernetesClient, _ seen: @Sendable () -> [Request]) async throws -> Void
    ) async throws {
        let certificate = try SelfSigned(names: ["localhost"])
        let folder = FileManager.default.temporaryDirectory.appending(path: "polypod-\(UInt64.random(in: 0...(.max)))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(certificate.pem.utf8).write(to: folder.appending(path: "ca.crt"))
        try Data("s3cret".utf8).write(to: folder.appending(path: "token"))
        let seen = Mutex<[Request]>([])
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let responder = CallbackResponder<BasicRequestContext> { request, _ in
            let text = String(buffer: try await request.body.collect(upTo: 1 << 20))
            let asked = Request(line: "\(request.method) \(request.uri)", body: try? JSONParser.parse(text))
            seen.withLock { $0.append(asked) }
            let (status, document) = answer(asked)
            return Response(
                status: .init(code: status),
                headers: [.contentType: "application/json"],
                body: .init(byteBuffer: ByteBuffer(string: document.compactText))
            )
        }
        let app = Application(
            responder: responder,
            server: try .tls(.http1(), tlsConfiguration: certificate.server),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { port.yield($0.localAddress?.port ?? 0) },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        var settings = ServiceGroupConfiguration(services: [app], logger: Logger(label: "test"))
        settings.maximumGracefulShutdownDuration = .milliseconds(500)
        let services = ServiceGroup(configuration: settings)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await services.run() }
            for await number in ports {
                let access = try access(port: number, folder: folder)
                try await KubernetesClient.withClient(for: access) { client in
                    try await body(client) { seen.withLock { $0 } }
                }
                break
            }
            await services.triggerGracefulShutdown()
        }
    }

    /// What a Pod has of an API server: the address in its environment, the rest in files.
    private static func access(port: Int, folder: URL) throws -> ClusterAccess {
        let environment = ["KUBERNETES_SERVICE_HOST": "localhost", "KUBERNETES_SERVICE_PORT": "\(port)"]
        return try ClusterAccess.inCluster(environment: environment, folder: folder.path)
    }
}
