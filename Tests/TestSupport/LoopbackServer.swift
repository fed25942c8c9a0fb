package import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
package import NIOSSL
import ServiceLifecycle
import WebhookServer

/// An HTTP server on loopback for one test.
package enum LoopbackServer {
    /// Serves while `body` runs, and stops before it returns.
    ///
    /// - Parameters:
    ///   - port: The port; 0 for any free one.
    ///   - tls: The server's TLS; nil for plain HTTP.
    ///   - respond: Answers a request.
    ///   - body: Runs with the port.
    /// - Returns: The result of `body`.
    /// - Throws: The error of `body`.
    package static func run<Result: Sendable>(
        port: Int = 0,
        tls: TLSConfiguration? = nil,
        _ respond: @escaping @Sendable (Request) async throws -> Response,
        while body: (_ port: Int) async throws -> Result
    ) async throws -> Result {
        let (ports, started) = AsyncStream.makeStream(of: Int.self)
        let http = HTTPServerBuilder { HTTPConnection(HTTP1Channel(responder: $0)) }
        let application = Application(
            responder: CallbackResponder<BasicRequestContext> { request, _ in try await respond(request) },
            server: try tls.map { try .tls(http, tlsConfiguration: $0) } ?? http,
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { started.yield($0.localAddress?.port ?? 0) },
            logger: .silent
        )
        var settings = ServiceGroupConfiguration(services: [application], logger: .silent)
        settings.maximumGracefulShutdownDuration = .milliseconds(500)
        let services = ServiceGroup(configuration: settings)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { started.finish() }
                try? await services.run()
            }
            // The server stops in any case; an error thrown before that would wait for it without end.
            let result: Swift.Result<Result, any Error>
            do {
                guard let port = await ports.first(where: { _ in true }) else { throw NotStarted() }
                result = .success(try await body(port))
            } catch {
                result = .failure(error)
            }
            await services.triggerGracefulShutdown()
            return try result.get()
        }
    }

    /// The server could not listen on its port.
    package struct NotStarted: Error {}
}
