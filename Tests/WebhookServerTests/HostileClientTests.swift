import AsyncHTTPClient
import JSON
import NIOCore
import Observability
import PodAdmission
import ServiceLifecycle
import Synchronization
import Testing

@testable import WebhookServer

extension Live {
    @Suite("Hostile clients")
    struct HostileClientTests {
        private static let limit = ServerLimits().bodyBytes
        private static let longestObject = 7 << 20
        private static let head = "POST /mutate?timeout=5s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"

        @Test("A body of exactly 7 MiB is accepted", .timeLimit(.minutes(1)))
        func readsLongestBody() async throws {
            try await RunningServer.run { server in
                let review = Reviews.review().compactText
                let body = review + String(repeating: " ", count: Self.longestObject - review.utf8.count)
                try await server.withClient { client in
                    let reply = try await server.post(body, with: client)
                    #expect(reply.status == 200)
                }
            }
        }

        @Test("A Content-Length of one byte more gets 413 before the body is read, and the connection ends")
        func refusesAnnouncedBody() async throws {
            try await RunningServer.run { server in
                let reply = try await server.withConnection { connection in
                    try await connection.send(Self.head + "Content-Length: \(Self.limit + 1)\r\n\r\n")
                    return await connection.untilClosed()
                }
                #expect(reply.hasPrefix("HTTP/1.1 413 "))
                #expect(reply.lowercased().contains("connection: close"))
            }
        }

        @Test("A client that sends the whole body still gets the 413")
        func answersWholeBody() async throws {
            try await RunningServer.run {
                $0.limits.lingerTimeout = .seconds(5)
            } body: { server in
                try await server.withClient { client in
                    let reply = try await server.post(String(repeating: "x", count: Self.limit + 1), with: client)
                    #expect(reply.status == 413)
                }
            }
        }

        @Test("One byte more in chunks gets 413, and the connection ends")
        func refusesChunkedBody() async throws {
            try await RunningServer.run { server in
                let reply = try await server.withConnection { connection in
                    try await connection.send(Self.head + "Transfer-Encoding: chunked\r\n\r\n")
                    let piece = "10000\r\n" + String(repeating: "x", count: 0x10000) + "\r\n"
                    for _ in 0..<(Self.limit / 0x10000) { try await connection.send(piece) }
                    try await connection.send("1\r\nx\r\n")
                    return await connection.untilClosed()
                }
                #expect(reply.hasPrefix("HTTP/1.1 413 "))
            }
        }

        @Test("A connection with an endless body is closed after twice the limit")
        func cutsOffEndlessBody() async throws {
            try await RunningServer.run {
                $0.limits.bodyBytes = 64 << 10
                $0.limits.lingerTimeout = .seconds(60)
            } body: { server in
                try await server.withConnection { connection in
                    try await connection.send(Self.head + "Transfer-Encoding: chunked\r\n\r\n")
                    let piece = "10000\r\n" + String(repeating: "x", count: 0x10000) + "\r\n"
                    await #expect(throws: (any Error).self) {
                        for _ in 0..<10_000 { try await connection.send(piece) }
                    }
                }
            }
        }

        @Test("An endless header is refused at the limit")
        func refusesEndlessHeader() async throws {
            try await RunningServer.run { server in
                let reply = try await server.withConnection { connection in
                    try await connection.send("POST /mutate HTTP/1.1\r\n")
                    do {
                        for index in 0..<10_000 {
                            try await connection.send("X-\(index): \(String(repeating: "x", count: 500))\r\n")
                        }
                    } catch {
                        // The server has closed the connection.
                    }
                    return await connection.untilClosed()
                }
                #expect(reply.isEmpty || reply.hasPrefix("HTTP/1.1 400 "))
            }
        }

        @Test(
            "A connection that makes no progress is closed in time",
            arguments: [
                ("a connection without a handshake", false, ""),
                ("half a handshake", false, "\u{16}\u{03}\u{01}"),
                ("a handshake and then nothing", true, ""),
                ("half a header", true, "POST /mutate HTTP/1.1\r\nHost: x\r\n"),
            ]
        )
        func cutsOffSilence(why: String, tls: Bool, sent: String) async throws {
            try await RunningServer.run {
                $0.limits.headTimeout = .milliseconds(200)
            } body: { server in
                let began = ContinuousClock.now
                let reply = try await server.withConnection(tls: tls) { connection in
                    if !sent.isEmpty { try? await connection.send(sent) }
                    return await connection.untilClosed()
                }
                #expect(reply.isEmpty)
                #expect(ContinuousClock.now - began < .seconds(3), "\(why)")
            }
        }

        @Test("A header that arrives byte by byte times out")
        func cutsOffDrippingHeader() async throws {
            try await RunningServer.run {
                $0.limits.headTimeout = .milliseconds(200)
            } body: { server in
                let began = ContinuousClock.now
                _ = try await server.withConnection { connection in
                    do {
                        for index in 0..<1000 {
                            try await connection.send(index == 0 ? "POST /mutate HTTP/1.1\r\nX: " : "x")
                            try await Task.sleep(for: .milliseconds(20))
                        }
                    } catch {
                        // The server has closed the connection.
                    }
                    return await connection.untilClosed()
                }
                #expect(ContinuousClock.now - began < .seconds(3))
            }
        }

        @Test("A body that arrives byte by byte gets 408")
        func cutsOffDrippingBody() async throws {
            try await RunningServer.run {
                $0.limits.bodyTimeout = .milliseconds(200)
            } body: { server in
                let began = ContinuousClock.now
                let reply = try await server.withConnection { connection in
                    try await connection.send(Self.head + "Content-Length: 10000\r\n\r\n")
                    do {
                        for _ in 0..<1000 {
                            try await connection.send("x")
                            try await Task.sleep(for: .milliseconds(20))
                        }
                    } catch {
                        // The server has closed the connection.
                    }
                    return await connection.untilClosed()
                }
                #expect(reply.hasPrefix("HTTP/1.1 408 "))
                #expect(ContinuousClock.now - began < .seconds(3))
            }
        }

        @Test("The time of a slow body counts towards the deadline, whatever headers the client sends")
        func countsBodyTime() async throws {
            let images = SilentResolver()
            try await RunningServer.run(.test(images)) { server in
                let body = Reviews.review().compactText
                let head = "POST /validate?timeout=1s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                let arrived = try await server.withConnection { connection in
                    try await connection.send(
                        head + "polypod-body-read-milliseconds: 1\r\nConnection: close\r\n"
                            + "Expect: 100-continue\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                    )
                    // The server has the header when it asks for the body.
                    var parts = connection.inbound.makeAsyncIterator()
                    let answer = try #require(try await parts.next())
                    #expect(String(buffer: answer).hasPrefix("HTTP/1.1 100 "))
                    let arrived = ContinuousClock.now
                    try await Task.sleep(for: .milliseconds(300))
                    try await connection.send(body)
                    while let part = try? await parts.next() { _ = part }
                    return arrived
                }
                let deadline = try #require(images.asked.withLock { $0.first?.deadline })
                #expect(deadline <= arrived + .milliseconds(500), "half of the timeout, from the header on")
            }
        }

        @Test("A refusal is counted for the webhook that the client called")
        func countsRefusals() async throws {
            let metrics = PrometheusRegistry()
            let handler = AdmissionHandler.test(metrics: AdmissionMetrics(factory: metrics))
            try await RunningServer.run(handler) { server in
                _ = try await server.withConnection { connection in
                    try await connection.send(
                        "POST /validate HTTP/1.1\r\nHost: x\r\nContent-Length: \(Self.limit + 1)\r\n\r\n"
                    )
                    return await connection.untilClosed()
                }
            }
            let series = #"polypod_admission_requests_total{kind="other",result="too_large",stage="validate"} 1"#
            #expect(metrics.exposition().split(separator: "\n").contains(Substring(series)))
        }

        @Test("Of pipelined requests the first gets a response, and the connection ends")
        func answersFirstOfPipeline() async throws {
            try await RunningServer.run { server in
                let body = Reviews.review().compactText
                let request = Self.head + "Content-Length: \(body.utf8.count)\r\n\r\n" + body
                let reply = try await server.withConnection { connection in
                    try await connection.send(request + request + request)
                    return await connection.untilClosed()
                }
                #expect(reply.hasPrefix("HTTP/1.1 200 "))
                #expect(reply.lowercased().contains("connection: close"))
                #expect(reply.split(separator: "HTTP/1.1 ").count == 1)
            }
        }

        @Test(
            "A Pod of a thousand images gets a response in time although no registry answers"
        )
        func answersThousandImages() async throws {
            try await RunningServer.run(.test(SilentResolver())) { server in
                let containers = (0..<1000).map { index -> JSONValue in
                    ["name": .string("c\(index)"), "image": .string("registry.example/image\(index):1")]
                }
                let review = Reviews.review(Reviews.pod(containers)).compactText
                try await server.withClient { client in
                    let began = ContinuousClock.now
                    let reply = try await server.post(review, to: "/validate?timeout=2s", with: client)
                    let response = try HTTPReply.response(
                        in: reply.body,
                        status: reply.status,
                        uid: "uid-1",
                        stage: .validating
                    )
                    #expect(ContinuousClock.now - began < .seconds(2))
                    #expect(response["allowed"] == true)
                }
            }
        }

        @Test("A connection beyond the limit gets 503 while the server works on all others")
        func refusesConnections() async throws {
            let images = GatedResolver()
            try await RunningServer.run(.test(images)) {
                $0.limits.connections = 1
                $0.limits.surplusConnections = 1
            } body: { server in
                let body = Reviews.review().compactText
                try await server.withConnection { kept in
                    try await kept.send(Self.head + "Content-Length: \(body.utf8.count)\r\n\r\n" + body)
                    try await images.waitUntilAsked()
                    let surplus = try await server.withConnection { connection in
                        try await connection.send(Self.head + "Content-Length: 2\r\n\r\n{}")
                        return await connection.untilClosed()
                    }
                    #expect(surplus.hasPrefix("HTTP/1.1 503 "))
                    #expect(surplus.lowercased().contains("\r\nretry-after: 1\r\n"))
                    images.open()
                }
                // The server sees the end of a connection a moment after the client.
                var status = 503
                for _ in 0..<100 where status == 503 {
                    status = try await server.withClient { try await server.post(body, with: $0).status }
                }
                #expect(status == 200)
            }
        }

        @Test("Silent connections make room for one that sends a review")
        func evictsSilentConnections() async throws {
            try await RunningServer.run {
                $0.limits.connections = 2
                $0.limits.surplusConnections = 1
            } body: { server in
                try await server.withConnection(tls: false) { first in
                    try await first.send("\u{16}\u{03}\u{01}")
                    try await server.withConnection { second in
                        try await second.send(Self.head + "Content-Length: 9\r\n\r\n{")
                        try await server.withClient { client in
                            for _ in 0..<3 {
                                let reply = try await server.post(Reviews.review().compactText, with: client)
                                #expect(reply.status == 200)
                            }
                        }
                        let said = await first.untilClosed()
                        #expect(said.isEmpty)
                    }
                }
            }
        }

        @Test("An admission beyond the limit gets 503 at once, and its connection stays")
        func refusesAdmissions() async throws {
            let images = GatedResolver()
            try await RunningServer.run(.test(images)) {
                $0.limits.admissions = 1
            } body: { server in
                try await server.withClient { client in
                    let review = Reviews.review().compactText
                    async let pending = server.post(review, with: client)
                    try await images.waitUntilAsked()
                    let refused = try await server.post(review, with: client)
                    #expect(refused.status == 503)
                    #expect(!refused.closes)
                    images.open()
                    #expect(try await pending.status == 200)
                    let accepted = try await server.post(review, with: client)
                    #expect(accepted.status == 200)
                }
            }
        }

        @Test("A client that does nothing does not delay the shutdown")
        func endsInTime() async throws {
            let began = ContinuousClock.now
            try await RunningServer.run { server in
                try await server.withConnection(tls: false) { connection in
                    try await connection.send("\u{16}\u{03}\u{01}")
                    // Connections are accepted in order: after this response the other one is accepted.
                    try await server.withClient { _ = try await server.post("{}", with: $0) }
                    await server.group.triggerGracefulShutdown()
                    _ = await connection.untilClosed()
                }
            }
            #expect(ContinuousClock.now - began < .seconds(3))
        }

        @Test("The bodies of all connections together have a limit")
        func boundsBuffers() async throws {
            try await RunningServer.run {
                $0.limits.bufferedBytes = 1000
            } body: { server in
                try await server.withClient { client in
                    let refused = try await server.post(String(repeating: " ", count: (64 << 10) + 2000), with: client)
                    #expect(refused.status == 503)
                    let accepted = try await server.post("{}", with: client)
                    #expect(accepted.status == 400)
                }
            }
        }
    }
}
