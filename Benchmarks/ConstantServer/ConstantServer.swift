import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL

/// The limit of the stack that the webhook stands on: TLS, HTTP/1.1, the body read whole, and a constant answer.
@main
enum ConstantServer {
    /// Runs on loopback: `constant-server CERTIFICATE KEY PORT`.
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, let port = Int(arguments[3]) else {
            print("usage: constant-server CERTIFICATE KEY PORT")
            return
        }
        let chain = try NIOSSLCertificate.fromPEMFile(arguments[1]).map { NIOSSLCertificateSource.certificate($0) }
        let key = try NIOSSLPrivateKey(file: arguments[2], format: .pem)
        var tls = TLSConfiguration.makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key))
        tls.minimumTLSVersion = .tlsv12
        let answer = ByteBuffer(string: #"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}"#)
        let application = Application(
            responder: CallbackResponder<BasicRequestContext> { request, _ in
                _ = try await request.body.collect(upTo: 7 << 20)
                return Response(
                    status: .ok,
                    headers: [.contentType: "application/json"],
                    body: ResponseBody(byteBuffer: answer)
                )
            },
            server: try .tls(.http1(), tlsConfiguration: tls),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
            logger: Logger(label: "constant") { _ in SwiftLogNoOpLogHandler() }
        )
        try await application.runService()
    }
}
