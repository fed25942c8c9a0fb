import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL
import PodAdmission
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import KubernetesAPI

@Suite struct KubernetesClientTests {
    /// A Pod's folder and environment, and a server on loopback that answers each request with `status`.
    static func withServer(
        _ status: HTTPResponse.Status = .ok,
        headers: HTTPFields = [:],
        names: [String] = ["localhost"],
        trusting other: SelfSigned? = nil,
        _ body: @Sendable (ClusterAccess, _ seen: @Sendable () -> [String]) async throws -> Void
    ) async throws {
        let certificate = try SelfSigned(names: names)
        let folder = FileManager.default.temporaryDirectory.appending(path: "polypod-\(UInt64.random(in: 0...(.max)))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data((other ?? certificate).pem.utf8).write(to: folder.appending(path: "ca.crt"))
        try Data("s3cret\n".utf8).write(to: folder.appending(path: "token"))

        let seen = Mutex<[String]>([])
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let router = Router()
        router.on("**", method: .patch) { request, _ in
            let text = String(buffer: try await request.body.collect(upTo: 1 << 16))
            let fields = [
                request.uri.path, request.headers[.authorization] ?? "", request.headers[.contentType] ?? "", text,
            ]
            seen.withLock { $0.append(fields.joined(separator: " | ")) }
            return Response(status: status, headers: headers)
        }
        let app = Application(
            router: router,
            server: try .tls(.http1(), tlsConfiguration: certificate.server),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { port.yield($0.localAddress?.port ?? 0) }
        )
        // Cancelling the server outright makes NIO trap where a connection is just coming in.
        var settings = ServiceGroupConfiguration(services: [app], logger: Logger(label: "test"))
        settings.maximumGracefulShutdownDuration = .milliseconds(500)
        let services = ServiceGroup(configuration: settings)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await services.run() }
            for await number in ports {
                let account = try ClusterAccess.inCluster(
                    environment: ["KUBERNETES_SERVICE_HOST": "localhost", "KUBERNETES_SERVICE_PORT": "\(number)"],
                    folder: folder.path
                )
                try await body(account) { seen.withLock { $0 } }
                break
            }
            await services.triggerGracefulShutdown()
        }
    }

    static func label(_ account: ClusterAccess) async -> KubernetesAPIError.Code? {
        do {
            try await KubernetesClient.withClient(for: account) { client in
                try await client.label(node: "n1", ["polypod.dev/a": "true", "polypod.dev/b": nil])
            }
            return nil
        } catch {
            return (error as? KubernetesAPIError)?.code
        }
    }

    @Test func labelsAreMerged() async throws {
        try await Self.withServer { account, seen in
            #expect(await Self.label(account) == nil)
            #expect(
                seen() == [
                    "/api/v1/nodes/n1 | Bearer s3cret | application/merge-patch+json | "
                        + #"{"metadata":{"labels":{"polypod.dev/a":"true","polypod.dev/b":null}}}"#
                ]
            )
        }
    }

    @Test(arguments: [
        (HTTPResponse.Status.unauthorized, KubernetesAPIError.Code.unauthenticated, "a token that expired"),
        (.forbidden, .forbidden, "no right to patch nodes"),
        (.notFound, .notFound, "no such node"),
        (.internalServerError, .refused, "a server in trouble"),
    ])
    func refusals(status: HTTPResponse.Status, code: KubernetesAPIError.Code, reason: String) async throws {
        try await Self.withServer(status) { account, _ in
            #expect(await Self.label(account) == code, "\(reason)")
        }
    }

    @Test func redirectsAreNotFollowed() async throws {
        try await Self.withServer(.temporaryRedirect, headers: [.location: "/elsewhere"]) { account, seen in
            #expect(await Self.label(account) == .refused)
            #expect(seen().count == 1, "the token goes to no other address")
        }
    }

    @Test func serversOfAnotherAuthorityGetNoToken() async throws {
        try await Self.withServer(trusting: SelfSigned(names: ["localhost"])) { account, seen in
            #expect(await Self.label(account) == .unreachable)
            #expect(seen().isEmpty)
        }
        try await Self.withServer(names: ["elsewhere"]) { account, seen in
            #expect(await Self.label(account) == .unreachable, "the right authority, another name")
            #expect(seen().isEmpty)
        }
    }

    @Test func outsideOfAPod() {
        #expect(throws: KubernetesAPIError.self) { try ClusterAccess.inCluster(environment: [:]) }
        #expect(throws: KubernetesAPIError.self) {
            try ClusterAccess.inCluster(
                environment: ["KUBERNETES_SERVICE_HOST": "::1", "KUBERNETES_SERVICE_PORT": "443"],
                folder: "/nowhere"
            )
        }
    }
}
