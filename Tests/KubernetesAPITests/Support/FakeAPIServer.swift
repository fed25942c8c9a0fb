import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import JSON
import Logging
import NIOCore
import NIOSSL
import PodAdmission
import ServiceLifecycle
import Synchronization
import TestSupport

@testable import KubernetesAPI

/// A request as the server saw it.
struct SeenRequest: Sendable {
    /// From 0.
    let index: Int
    let method: String
    let path: String
    let query: String
    let headers: HTTPFields
    let body: String

    func parameter(_ name: String) -> String? {
        query.split(separator: "&").first { $0.hasPrefix("\(name)=") }.map { String($0.dropFirst(name.count + 1)) }
    }

    var isWatch: Bool { parameter("watch") == "1" }
}

/// A server on loopback with a certificate of its own, and the files that a Pod would have.
final class FakeAPIServer: Sendable {
    typealias Handler = @Sendable (SeenRequest) async throws -> Response

    let certificate: SelfSigned
    let folder: URL
    private let port = Mutex(0)
    private let requests = Mutex<[SeenRequest]>([])

    var seen: [SeenRequest] { requests.withLock { $0 } }
    var number: Int { port.withLock { $0 } }
    var environment: [String: String] {
        ["KUBERNETES_SERVICE_HOST": "localhost", "KUBERNETES_SERVICE_PORT": "\(number)"]
    }

    init(names: [String] = ["localhost"], trusting other: SelfSigned? = nil) throws {
        certificate = try SelfSigned(names: names)
        folder = FileManager.default.temporaryDirectory.appending(path: "polypod-\(UInt64.random(in: 0...(.max)))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try write((other ?? certificate).pem, to: "ca.crt")
        try write("s3cret\n", to: "token")
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func write(_ text: String, to file: String) throws {
        try Data(text.utf8).write(to: folder.appending(path: file))
    }

    func access() throws -> ClusterAccess {
        try .inCluster(environment: environment, folder: folder.path)
    }

    /// Serves while `body` runs, at the port of the last time where there was one.
    func serve(
        tls: TLSConfiguration? = nil,
        _ handler: @escaping Handler,
        while body: @Sendable () async throws -> Void
    ) async throws {
        let (ports, started) = AsyncStream.makeStream(of: Int.self)
        let responder = CallbackResponder<BasicRequestContext> { request, _ in
            let text = String(buffer: try await request.body.collect(upTo: 1 << 20))
            return try await handler(self.note(request, text))
        }
        let app = Application(
            responder: responder,
            server: try .tls(.http1(), tlsConfiguration: tls ?? certificate.server),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: number)),
            onServerRunning: { started.yield($0.localAddress?.port ?? 0) },
            logger: .silent
        )
        // Cancelling the server outright makes NIO trap where a connection is just coming in.
        var settings = ServiceGroupConfiguration(services: [app], logger: .silent)
        settings.maximumGracefulShutdownDuration = .milliseconds(500)
        let services = ServiceGroup(configuration: settings)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { started.finish() }
                try? await services.run()
            }
            for await number in ports {
                port.withLock { $0 = number }
                break
            }
            // The server goes down in either case; an error before that would wait for it for ever.
            let result: Result<Void, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            await services.triggerGracefulShutdown()
            try result.get()
        }
    }

    /// Serves while `body` runs with a client.
    func serve(
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

extension Response {
    static func json(_ value: JSONValue, _ status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) -> Response {
        let body = ResponseBody(byteBuffer: ByteBuffer(string: value.compactText))
        return Response(status: status, headers: headers, body: body)
    }

    static func status(_ status: HTTPResponse.Status, reason: String, message: String = "") -> Response {
        .json(["kind": "Status", "reason": .string(reason), "message": .string(message)], status)
    }

    static func list(_ names: [String], version: String, next: String? = nil) -> Response {
        .json([
            "metadata": ["resourceVersion": .string(version), "continue": .string(next ?? "")],
            "items": .array(names.map { ["metadata": ["name": .string($0)]] }),
        ])
    }

    /// A body of pieces that go out one by one, and then stays open where `isOpen`, until the server goes down.
    static func pieces(_ pieces: [String], isOpen: Bool = false) -> Response {
        Response(
            status: .ok,
            body: ResponseBody { writer in
                for piece in pieces { try await writer.write(ByteBuffer(string: piece)) }
                if isOpen { try await gracefulShutdown() }
                try await writer.finish(nil)
            }
        )
    }

    /// A body that is cut off, after `piece`: at once, or when the server goes down.
    static func cut(_ piece: String, isOpen: Bool = false) -> Response {
        struct Cut: Error {}
        return Response(
            status: .ok,
            body: ResponseBody { writer in
                try await writer.write(ByteBuffer(string: piece))
                if isOpen { for await _ in AsyncStream.makeStream(of: Void.self).stream {} }
                throw Cut()
            }
        )
    }

    /// A watch's body.
    static func watch(_ events: [(type: String, name: String, version: String)], isOpen: Bool = false) -> Response {
        .pieces(events.map { watchLine($0.type, $0.name, $0.version) }, isOpen: isOpen)
    }
}

/// A line of a watch.
func watchLine(_ type: String, _ name: String, _ version: String) -> String {
    #"{"type":"\#(type)","object":{"metadata":{"name":"\#(name)","resourceVersion":"\#(version)"}}}"# + "\n"
}

extension Logger {
    static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}

/// The code of the error that `body` throws; nil where it throws none.
func code(_ body: () async throws(KubernetesAPIError) -> Void) async -> KubernetesAPIError.Code? {
    do throws(KubernetesAPIError) {
        try await body()
        return nil
    } catch {
        return error.code
    }
}
