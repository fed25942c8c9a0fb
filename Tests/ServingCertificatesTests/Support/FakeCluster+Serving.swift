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
import TestSupport

@testable import ServingCertificates

extension FakeCluster {
    /// Serves the cluster on loopback, over TLS, and runs `body` with a client of it.
    func serve(_ body: @Sendable (KubernetesClient) async throws -> Void) async throws {
        let certificate = try SelfSigned(names: ["localhost"])
        let folder = FileManager.default.temporaryDirectory.appending(path: "polypod-\(UInt64.random(in: 0...(.max)))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(certificate.pem.utf8).write(to: folder.appending(path: "ca.crt"))
        try Data("token".utf8).write(to: folder.appending(path: "token"))
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let router = Router()
        for method in [HTTPRequest.Method.get, .post, .put, .patch] {
            router.on("**", method: method) { request, _ in
                let bytes = Array(buffer: try await request.body.collect(upTo: 1 << 20))
                let answer = self.answer(method.rawValue, request.uri.path, try? JSONParser.parse(bytes))
                return Response(
                    status: .init(code: answer.status),
                    headers: [.contentType: "application/json"],
                    body: .init(byteBuffer: ByteBuffer(string: answer.body.compactText))
                )
            }
        }
        let app = Application(
            router: router,
            server: try .tls(.http1(), tlsConfiguration: certificate.server),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { port.yield($0.localAddress?.port ?? 0) },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        // Cancelling the server outright makes NIO trap where a connection is just coming in.
        var settings = ServiceGroupConfiguration(services: [app], logger: app.logger)
        settings.maximumGracefulShutdownDuration = .milliseconds(500)
        let services = ServiceGroup(configuration: settings)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await services.run() }
            for await number in ports {
                let access = try ClusterAccess.inCluster(
                    environment: ["KUBERNETES_SERVICE_HOST": "localhost", "KUBERNETES_SERVICE_PORT": "\(number)"],
                    folder: folder.path
                )
                try await KubernetesClient.withClient(for: access, body)
                break
            }
            await services.triggerGracefulShutdown()
        }
    }
}

extension Array<UInt8> {
    init(buffer: ByteBuffer) { self.init(buffer.readableBytesView) }
}
