import Basics
import FoundationEssentials
import JSON
import NIOCore
import NIOHTTP1
import NIOPosix
import PodAdmission
import TestSupport
import Testing

@testable import ImageRegistry

@Suite(.timeLimit(.minutes(1))) struct TLSTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var reason: String
        var names = ["localhost"]
        var settings: @Sendable (_ caFile: String) -> String
        var code: UnresolvedReason.Code?
        var testDescription: String { reason }
    }

    static let rows = [
        Row(reason: "self-signed", settings: { _ in "{}" }, code: .tls),
        Row(reason: "trusted for this host", settings: { #"{"tls":{"ca_file":"\#($0)"}}"# }),
        Row(
            reason: "trusted, but with another name",
            names: ["elsewhere"],
            settings: { #"{"tls":{"ca_file":"\#($0)"}}"# },
            code: .tls
        ),
        Row(
            reason: "not verified",
            names: ["elsewhere"],
            settings: { _ in #"{"tls":{"insecure_skip_verify":true}}"# }
        ),
    ]

    @Test(arguments: rows) func serverCertificates(_ row: Row) async throws {
        let certificate = try SelfSigned(names: row.names)
        let file = FileManager.default.temporaryDirectory.appending(
            path: "polypod-\(UInt64.random(in: 0...(.max))).pem"
        )
        try certificate.pem.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        try await FakeRegistry.run(tls: certificate.server) { registry in
            let (config, image) = (Fixture.config(), Fixture.image(Fixture.config()))
            registry.put("app", tag: "v1", image, config)
            let host = "localhost:\(registry.port)"
            var configuration = InspectorConfiguration()
            configuration.connectTimeout = .seconds(20)
            configuration.lookupTimeout = .seconds(20)
            configuration.registries = try RegistriesConfiguration(
                JSONParser.parse(#"{"configs":{"\#(host)":\#(row.settings(file.path))}}"#)
            )
            try await ImageInspector.withInspector(configuration) { inspector in
                let answer = try #require(await inspector.answer("\(host)/app:v1"))
                #expect(answer.reason?.code == row.code, "\(answer)")
            }
            #expect(registry.log.isEmpty == (row.code != nil))
        }
    }

    @Test func requestsNeverLeaveHTTPS() async throws {
        let certificate = try SelfSigned(names: ["localhost"])
        let file = FileManager.default.temporaryDirectory.appending(
            path: "polypod-\(UInt64.random(in: 0...(.max))).pem"
        )
        try certificate.pem.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        try await FakeRegistry.run(tls: certificate.server) { registry in
            let (config, image) = (Fixture.config(), Fixture.image(Fixture.config()))
            registry.put("app", tag: "v1", image, config)
            registry.set("/v2/app/manifests/down", .init(307, [("Location", "http://localhost:\(registry.port)/x")]))
            let realm = #"Bearer realm="http://localhost:\#(registry.port)/t""#
            registry.set("/v2/app/manifests/realm", .init(401, [("WWW-Authenticate", realm)]))
            let host = "localhost:\(registry.port)"
            var configuration = InspectorConfiguration()
            configuration.registries = try RegistriesConfiguration(
                JSONParser.parse(#"{"configs":{"\#(host)":{"tls":{"ca_file":"\#(file.path)"}}}}"#)
            )
            try await ImageInspector.withInspector(configuration) { inspector in
                #expect(await inspector.answer("\(host)/app:v1")?.facts != nil)
                for tag in ["down", "realm"] {
                    #expect(await inspector.answer("\(host)/app:\(tag)")?.reason?.code == .forbiddenAddress)
                }
            }
        }
    }

    @Test func missingFileIsASetupError() throws {
        var configuration = InspectorConfiguration()
        configuration.registries = try RegistriesConfiguration(
            JSONParser.parse(#"{"configs":{"*":{"tls":{"ca_file":"/nowhere.pem"}}}}"#)
        )
        let error = #expect(throws: SetupError.self) { try ImageInspector(configuration) }
        #expect(error?.code == .badFile && error?.detail.contains("/nowhere.pem") == true)
    }

    /// The proxy refuses every request and records it.
    @Test func proxyReceivesConnect() async throws {
        let (asked, note) = AsyncStream.makeStream(of: String.self)
        final class Refusing: ChannelInboundHandler {
            typealias InboundIn = HTTPServerRequestPart
            typealias OutboundOut = HTTPServerResponsePart
            let note: AsyncStream<String>.Continuation
            init(_ note: AsyncStream<String>.Continuation) { self.note = note }
            func channelRead(context: ChannelHandlerContext, data: NIOAny) {
                guard case .head(let head) = unwrapInboundIn(data) else { return }
                note.yield("\(head.method) \(head.uri) \(head.headers["Proxy-Authorization"].first ?? "-")")
                let reply = HTTPResponseHead(version: .http1_1, status: .forbidden, headers: ["Content-Length": "0"])
                context.write(wrapOutboundOut(.head(reply)), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false).flatMapThrowing {
                    try channel.pipeline.syncOperations.addHandler(Refusing(note))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(server.localAddress?.port)
        var configuration = InspectorConfiguration()
        configuration.environment = ["HTTPS_PROXY": "http://u:p@127.0.0.1:\(port)"]
        try await ImageInspector.withInspector(configuration) { inspector in
            #expect(await inspector.answer("reg.invalid/app:v1")?.reason?.code == .unreachable)
            #expect(await inspector.answer("169.254.169.254/app:v1")?.reason?.code == .forbiddenAddress)
        }
        try await server.close()
        note.finish()
        var all: [String] = []
        for await line in asked { all.append(line) }
        #expect(all == ["CONNECT reg.invalid:443 Basic " + Base64.encode("u:p".utf8)])
    }
}
