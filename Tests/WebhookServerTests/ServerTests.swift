import AsyncHTTPClient
import JSON
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL
import PodAdmission
import ServiceLifecycle
import TestSupport
import Testing

@testable import WebhookServer

extension Live {
    @Suite("The server over TLS")
    struct ServerTests {
        @Test("Both webhooks answer reviews on one connection")
        func answersReviews() async throws {
            try await RunningServer.run { server in
                try await server.withClient { client in
                    let pod = Reviews.pod([Reviews.wasmContainer])
                    for (target, stage) in [
                        ("/mutate?timeout=5s", AdmissionStage.mutating), ("/validate", .validating),
                    ] {
                        let reply = try await server.post(Reviews.review(pod).compactText, to: target, with: client)
                        let response = try HTTPReply.response(
                            in: reply.body,
                            status: reply.status,
                            uid: "uid-1",
                            stage: stage
                        )
                        #expect(response["allowed"] == .bool(stage == .mutating))
                        #expect(!reply.closes)
                    }
                }
            }
        }

        struct Refused: Sendable, CustomTestStringConvertible {
            let why: String
            var method = "POST"
            var target = "/mutate"
            var type: String? = "application/json"
            let status: Int
            var testDescription: String { why }
        }

        @Test(
            "Requests that are not reviews",
            arguments: [
                Refused(why: "another path", target: "/", status: 404),
                Refused(why: "a segment where there is none", target: "/mutate/x", status: 404),
                Refused(why: "health has another port", method: "GET", target: "/healthz", status: 404),
                Refused(why: "another method", method: "GET", status: 405),
                Refused(why: "PUT", method: "PUT", status: 405),
                Refused(why: "no content type", type: nil, status: 415),
                Refused(why: "a form", type: "application/x-www-form-urlencoded", status: 415),
                Refused(why: "a longer type", type: "application/json-patch+json", status: 415),
                Refused(
                    why: "JSON with parameters is accepted; the empty body is the error",
                    type: "Application/JSON; charset=utf-8",
                    status: 400
                ),
            ]
        )
        func refuses(_ row: Refused) async throws {
            try await RunningServer.run { server in
                try await server.withClient { client in
                    var request = HTTPClientRequest(url: "https://127.0.0.1:\(server.port)\(row.target)")
                    request.method = .init(rawValue: row.method)
                    if let type = row.type { request.headers.add(name: "content-type", value: type) }
                    let response = try await client.execute(request, timeout: .seconds(5))
                    #expect(response.status.code == row.status)
                }
            }
        }

        @Test(
            "With segments, a client has to know one of them",
            arguments: [
                ("/mutate/one", 400, "a segment; the empty body is the error"),
                ("/validate/two?timeout=5s", 400, "another one, for the other webhook"),
                ("/mutate", 404, "no segment"),
                ("/mutate/", 404, "an empty one"),
                ("/mutate/three", 404, "one that is not valid any more"),
                ("/mutate/on", 404, "a part of one"),
                ("/mutate/one/", 404, "a path below"),
                ("/mutate/ONE", 404, "other letters"),
                ("//one", 404, "no webhook"),
            ]
        )
        func asksForASegment(target: String, status: Int, why: String) async throws {
            try await RunningServer.run {
                $0.pathSegments = { ["one", "two"] }
            } body: { server in
                try await server.withClient { client in
                    let reply = try await server.post("", to: target, with: client)
                    #expect(reply.status == status, "\(why)")
                }
            }
        }

        @Test("Health, readiness and metrics")
        func servesOps() async throws {
            try await RunningServer.run { server in
                try await server.withClient { client in
                    let reply1 = try await server.ops("/healthz", with: client)
                    #expect(reply1.status == 200)
                    let reply2 = try await server.ops("/readyz", with: client)
                    #expect(reply2.status == 200)
                    let reply3 = try await server.ops("/metrics", with: client)
                    #expect(reply3.status == 200)
                    let reply4 = try await server.ops("/mutate", with: client)
                    #expect(reply4.status == 404)
                }
            }
        }

        @Test("TLS before 1.2 is refused")
        func refusesOldTLS() async throws {
            try await RunningServer.run { server in
                try await server.withClient(server.tls(maximum: .tlsv12)) { client in
                    let reply5 = try await server.post("{}", with: client)
                    #expect(reply5.status == 400)
                }
                try await server.withClient(server.tls(maximum: .tlsv11)) { client in
                    await #expect(throws: (any Error).self) { try await server.post("{}", with: client) }
                }
            }
        }

        @Test("With a client CA, clients without a certificate of that CA are refused")
        func verifiesClients() async throws {
            let folder = try TemporaryFolder()
            let clients = try TestCertificate.authority("client CA")
            let file = try folder.write(clients.certificatePEM, to: "ca.pem")
            try await RunningServer.run {
                $0.clientCAFile = file
            } body: { server in
                try await server.withClient(server.tls(client: clients.leaf("api server"))) { client in
                    let reply6 = try await server.post("{}", with: client)
                    #expect(reply6.status == 400)
                }
                let others = [nil, try TestCertificate.authority("another CA").leaf("somebody")]
                for other in others {
                    try await server.withClient(server.tls(client: other)) { client in
                        await #expect(throws: (any Error).self) { try await server.post("{}", with: client) }
                    }
                }
            }
        }

        @Test("No request fails while the certificate files are replaced")
        func swapsCertificates() async throws {
            let folder = try TemporaryFolder()
            let authority = try TestCertificate.authority()
            let first = try authority.leaf(serial: 1)
            let certificate = try folder.write(first.certificatePEM, to: "tls.crt")
            let key = try folder.write(first.keyPEM, to: "tls.key")
            let path = folder.path
            try await RunningServer.run(authority: authority) {
                $0.certificate = .files(certificate: certificate, key: key)
                $0.reloadInterval = .milliseconds(20)
            } body: { server in
                let review = Reviews.review(Reviews.pod([Reviews.wasmContainer])).compactText
                try await server.withClient { kept in
                    for serial in UInt8(2)...4 {
                        let next = try authority.leaf(serial: serial)
                        // Replaced one after the other: while the key does not match the certificate, the old pair stays.
                        try next.certificatePEM.writeAtomically(to: path + "/tls.crt")
                        let reply7 = try await server.post(review, with: kept)
                        #expect(reply7.status == 200)
                        try next.keyPEM.writeAtomically(to: path + "/tls.key")
                        let expected = try NIOSSLCertificate(bytes: Array(next.certificatePEM.utf8), format: .pem)
                        var served: NIOSSLCertificate?
                        for _ in 0..<200 where served != expected {
                            let reply8 = try await server.post(review, with: kept)
                            #expect(reply8.status == 200)
                            served = try await server.servedCertificate()
                        }
                        #expect(served == expected)
                    }
                }
            }
            withExtendedLifetime(folder) {}
        }

        @Test("During the drain requests succeed and end their connections, and the server is not ready")
        func drains() async throws {
            let images = GatedResolver()
            try await RunningServer.run(.test(images)) {
                $0.shutdownDelay = .milliseconds(400)
            } body: { server in
                try await server.withClient { client in
                    let review = Reviews.review().compactText
                    async let pending = server.post(review, with: client)
                    try await images.waitUntilAsked()
                    await server.group.triggerGracefulShutdown()
                    var ready = 200
                    for _ in 0..<100 where ready == 200 { ready = try await server.ops("/readyz", with: client).status }
                    #expect(ready == 503)
                    let reply9 = try await server.ops("/healthz", with: client)
                    #expect(reply9.status == 200)
                    images.open()
                    let answered = try await pending
                    #expect(answered.status == 200)
                    #expect(answered.closes)
                    let late = try await server.post(review, with: client)
                    #expect(late.status == 200)
                    #expect(late.closes)
                }
            }
        }

        @Test("A certificate or client CA that is not valid is an error before the server listens")
        func refusesBadFiles() throws {
            let folder = try TemporaryFolder()
            let authority = try TestCertificate.authority()
            let (one, other) = (try authority.leaf(), try authority.leaf())
            let logger = Logger.silent
            let good = ServingCertificateSource.memory(certificate: try one.certificatePEM, key: one.keyPEM)
            let rows: [(source: ServingCertificateSource, clientCA: String?, subject: String, why: String)] = [
                (.files(certificate: "/nowhere/a", key: "/nowhere/b"), nil, "/nowhere/a, /nowhere/b", "no such file"),
                (.memory(certificate: "x", key: one.keyPEM), nil, "serving certificate", "not PEM"),
                (
                    .memory(certificate: try one.certificatePEM, key: other.keyPEM), nil, "serving certificate",
                    "the key of another certificate"
                ),
                (good, "/nowhere/ca", "/nowhere/ca", "no CA file"),
                (good, try folder.write("nothing", to: "ca"), folder.path + "/ca", "a CA file without certificates"),
            ]
            for row in rows {
                var configuration = AdmissionServerConfiguration(certificate: row.source)
                configuration.clientCAFile = row.clientCA
                let error = #expect(throws: SettingsError.self, "\(row.why)") {
                    _ = try AdmissionServer(configuration: configuration, handler: .test(), logger: logger)
                }
                #expect(error?.subject == row.subject, "\(row.why)")
            }
        }
    }
}

@Suite("Readiness")
struct ReadinessTests {
    @Test("One reason is named, the one that lasts longest")
    func namesReason() {
        let readiness = Readiness(unixTime: { 1000 })
        #expect(readiness.notReadyReason == "no serving certificate")
        readiness.loadedCertificate(expiry: 1000)
        #expect(readiness.notReadyReason == "the serving certificate has expired")
        readiness.loadedCertificate(expiry: 1001)
        #expect(readiness.notReadyReason == "not listening yet")
        readiness.startListening()
        #expect(readiness.notReadyReason == nil)
        readiness.startDraining()
        #expect(readiness.notReadyReason == "shutting down")
    }
}
