import HTTPTypes
import Hummingbird
import HummingbirdCore
import JSON
import Logging
import NIOCore
import PodAdmission
import ServiceLifecycle

/// A read-only registry on loopback that speaks as much of the OCI distribution specification as a look-up needs.
struct DemoRegistry: Service {
    private let application: Application<CallbackResponder<BasicRequestContext>>

    /// Creates a registry that serves `content` on a port of the system's choice, given to `onBound`.
    init(_ content: DemoContent, logger: Logger, onBound: @escaping @Sendable (Int) async -> Void) {
        application = Application(
            responder: CallbackResponder { request, _ in Self.respond(to: request, from: content) },
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in await onBound(channel.localAddress?.port ?? 0) },
            logger: logger
        )
    }

    func run() async throws { try await application.run() }

    private static func respond(to request: Request, from content: DemoContent) -> Response {
        guard request.method == .get || request.method == .head else { return Response(status: .methodNotAllowed) }
        let path = request.uri.path
        guard path != "/v2/" else { return Response(status: .ok) }
        guard path.hasPrefix("/v2/"), let document = content.documents[String(path.dropFirst(4))] else {
            let body: JSONValue = ["errors": [["code": "MANIFEST_UNKNOWN", "message": "no such manifest"]]]
            return Response(status: .notFound, body: .init(byteBuffer: ByteBuffer(string: body.compactText)))
        }
        var headers = HTTPFields()
        headers[.contentType] = document.mediaType
        if let name = HTTPField.Name("Docker-Content-Digest") { headers[name] = document.digest }
        let bytes = request.method == .head ? [] : document.bytes
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
