import AsyncHTTPClient
import JSON
import NIOCore
import PodAdmission
import ServiceLifecycle
import Testing

@testable import WebhookServer

extension Live {
    @Suite("Hostile clients")
    struct HostileClientTests {
        private static let limit = 7 << 20
        private static let head = "POST /mutate?timeout=5s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"

        @Test("A body of exactly seven MiB is read", .timeLimit(.minutes(1)))
        func readsLongestBody() async throws {
            try await RunningServer.run { server in
                let review = Reviews.review().compactText
                let body = review + String(repeating: " ", count: Self.limit - review.utf8.count)
                try await server.withClient { client in
                    let reply = try await server.post(body, with: client)
                    #expect(reply.status == 200)
                }
            }
        }

        @Test("One byte more, announced, is refused with 413 before it is read, and the connection ends")
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

        @Test("A client that has sent it all still sees the 413")
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

        @Test("One byte more in chunks is refused with 413, and the connection ends")
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

        @Test("A body without end is cut off after twice the limit")
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

        @Test("A header without end is refused once it is too long")
        func refusesEndlessHeader() async throws {
            try await RunningServer.run { server in
                let reply = try await server.withConnection { connection in
                    try await connection.send("POST /mutate HTTP/1.1\r\n")
                    do {
                        for index in 0..<10_000 {
                            try await connection.send("X-\(index): \(String(repeating: "x", count: 500))\r\n")
                        }
                    } catch {
                        // The server has hung up.
                    }
                    return await connection.untilClosed()
                }
                #expect(reply.isEmpty || reply.hasPrefix("HTTP/1.1 400 "))
            }
        }

        @Test(
            "What does not get on is cut off in time",
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

        @Test("A header that drips is cut off however often a byte comes")
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
                        // The server has hung up.
                    }
                    return await connection.untilClosed()
                }
                #expect(ContinuousClock.now - began < .seconds(3))
            }
        }

        @Test("A body that drips is cut off with 408 however often a byte comes")
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
                        // The server has hung up.
                    }
                    return await connection.untilClosed()
                }
                #expect(reply.hasPrefix("HTTP/1.1 408 "))
                #expect(ContinuousClock.now - began < .seconds(3))
            }
        }

        @Test("Of requests in a pipeline the first is answered, and the connection ends")
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
            "A thousand containers of distinct images, and no registry answers: an answer inside the API server's time"
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

        @Test("One connection too many is told 503; once one ends there is room again")
        func refusesConnections() async throws {
            try await RunningServer.run {
                $0.limits.connections = 1
                $0.limits.surplusConnections = 1
            } body: { server in
                let body = Reviews.review().compactText
                try await server.withConnection { kept in
                    try await kept.send(Self.head + "Content-Length: \(body.utf8.count)\r\n\r\n")
                    let surplus = try await server.withConnection { connection in
                        try await connection.send(Self.head + "Content-Length: 2\r\n\r\n{}")
                        return await connection.untilClosed()
                    }
                    #expect(surplus.hasPrefix("HTTP/1.1 503 "))
                    try await kept.send(body)
                    let answered = await kept.untilClosed()
                    #expect(answered.hasPrefix("HTTP/1.1 200 "))
                    #expect(answered.lowercased().contains("connection: close"), "half of the connections are taken")
                }
                // The server learns of an end a moment after the client.
                var status = 503
                for _ in 0..<100 where status == 503 {
                    status = try await server.withClient { try await server.post(body, with: $0).status }
                }
                #expect(status == 200)
            }
        }

        @Test("One admission too many is told 503 at once; the connection stays")
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
                    let reply2 = try await server.post(review, with: client)
                    #expect(reply2.status == 200)
                }
            }
        }

        @Test("A client that sees to nothing does not hold up the end")
        func endsInTime() async throws {
            let began = ContinuousClock.now
            try await RunningServer.run { server in
                try await server.withConnection(tls: false) { connection in
                    try await connection.send("\u{16}\u{03}\u{01}")
                    // Connections are taken in order: once this one is served, the other is there.
                    try await server.withClient { _ = try await server.post("{}", with: $0) }
                    await server.group.triggerGracefulShutdown()
                    _ = await connection.untilClosed()
                }
            }
            #expect(ContinuousClock.now - began < .seconds(3))
        }

        @Test("Bodies of all connections together are bounded")
        func boundsBuffers() async throws {
            try await RunningServer.run {
                $0.limits.bufferedBytes = 1000
            } body: { server in
                try await server.withClient { client in
                    let refused = try await server.post(String(repeating: " ", count: (64 << 10) + 2000), with: client)
                    #expect(refused.status == 503)
                    let reply3 = try await server.post("{}", with: client)
                    #expect(reply3.status == 400)
                }
            }
        }
    }
}
