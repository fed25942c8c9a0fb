import Basics
import HTTPTypes
import Hummingbird
import JSON
import Logging
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import KubernetesAPI

@Suite(.timeLimit(.minutes(1))) struct ReflectorTests {
    /// Runs a reflector without pauses while `body` runs.
    static func reflect(
        _ client: KubernetesClient,
        _ options: ListOptions = ListOptions(.pods),
        keeping: (@Sendable (JSONValue) -> JSONValue?)? = nil,
        _ body: (EventLog) async throws -> Void
    ) async throws {
        let log = EventLog()
        let time = TimeSource(now: { .now }, wallTime: { 0 }, sleep: { _ in await Task.yield() })
        let reflector = Reflector(
            options,
            client: client,
            keeping: keeping,
            time: time,
            chance: { 0 },
            logger: .silent
        ) { log.note($0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await reflector.run() }
            try await body(log)
            group.cancelAll()
        }
    }

    @Test func itListsAndWatches() async throws {
        let server = try FakeAPIServer()
        let handler: FakeAPIServer.Handler = { request in
            guard request.isWatch else { return .list(["a", "b"], version: "5") }
            return .watch([("ADDED", "c", "6"), ("MODIFIED", "a", "7"), ("DELETED", "b", "8")], isOpen: true)
        }
        try await server.serve(handler) { client in
            let options = ListOptions(.pods, namespace: "n")
            try await Self.reflect(client, options) { log in
                #expect(await log.next(4) == ["= a,b", "+ c", "+ a", "- b"])
            }
        }
        #expect(
            server.seen.map { "\($0.path)?\($0.query)" } == [
                "/api/v1/namespaces/n/pods?limit=500",
                "/api/v1/namespaces/n/pods?watch=1&resourceVersion=5"
                    + "&allowWatchBookmarks=true&timeoutSeconds=300",
            ]
        )
    }

    @Test func itCanRequestOnlyMetadata() async throws {
        let server = try FakeAPIServer()
        let handler: FakeAPIServer.Handler = { request in
            request.isWatch ? .watch([("ADDED", "a", "6")], isOpen: true) : .list([], version: "5")
        }
        try await server.serve(handler) { client in
            try await Self.reflect(client, ListOptions(.nodes, metadataOnly: true)) { log in
                #expect(await log.next(2) == ["= ", "+ a"])
            }
        }
        #expect(
            server.seen.map { $0.headers[.accept] } == [
                "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
                "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
            ]
        )
    }

    @Test func itKeepsOnlyTheNeededPartOfAnObject() async throws {
        let server = try FakeAPIServer()
        let handler: FakeAPIServer.Handler = { request in
            switch (request.isWatch, request.parameter("continue")) {
            case (false, nil): .list(["a", "hidden-b"], version: "5", next: "x")
            case (false, _): .list(["hidden-c", "d"], version: "5")
            case (true, _):
                .watch(
                    [
                        ("ADDED", "e", "6"), ("MODIFIED", "hidden-b", "7"), ("DELETED", "hidden-b", "8"),
                        ("DELETED", "a", "9"),
                    ],
                    isOpen: true
                )
            }
        }
        let keeping: @Sendable (JSONValue) -> JSONValue? = { object in
            guard let name = object["metadata"]?["name"]?.string, !name.hasPrefix("hidden") else { return nil }
            return ["metadata": ["name": .string("kept-\(name)")]]
        }
        try await server.serve(handler) { client in
            try await Self.reflect(client, keeping: keeping) { log in
                #expect(await log.next(4) == ["= kept-a,kept-d", "+ kept-e", "- hidden-b", "- kept-a"])
            }
        }
        #expect(server.seen.prefix(2).map(\.query) == ["limit=100", "limit=100&continue=x"], "small pages")
    }

    @Test func itContinuesFromTheLastVersion() async throws {
        let server = try FakeAPIServer()
        let handler: FakeAPIServer.Handler = { request in
            switch request.parameter("resourceVersion") {
            case nil: .list(["a"], version: "5")
            case "5": .watch([("ADDED", "b", "6")])
            case "6": .watch([("BOOKMARK", "", "9")])
            case "9": .watch([("ADDED", "c", "10")], isOpen: true)
            default: .status(.gone, reason: "Expired")
            }
        }
        try await server.serve(handler) { client in
            try await Self.reflect(client) { log in
                #expect(await log.next(3) == ["= a", "+ b", "+ c"])
            }
        }
        #expect(server.seen.count == 4, "it lists once")
    }

    @Test(arguments: [true, false]) func anExpiredVersionListsAgain(isEvent: Bool) async throws {
        let server = try FakeAPIServer()
        let gone = #"{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}"# + "\n"
        let handler: FakeAPIServer.Handler = { request in
            switch (request.index, request.parameter("resourceVersion")) {
            case (0, nil): .list(["a"], version: "5")
            case (_, nil): .list(["b"], version: "50")
            case (_, "5"): isEvent ? .pieces([gone], isOpen: true) : .status(.gone, reason: "Expired")
            default: .watch([("ADDED", "c", "51")], isOpen: true)
            }
        }
        try await server.serve(handler) { client in
            try await Self.reflect(client) { log in
                #expect(await log.next(3) == ["= a", "= b", "+ c"], "this is not an outage")
            }
        }
    }

    @Test func linesMayArriveInPieces() async throws {
        let server = try FakeAPIServer()
        // Longer than one read of a connection.
        let long = String(repeating: "x", count: 300_000)
        let handler: FakeAPIServer.Handler = { request in
            guard request.isWatch else { return .list([], version: "5") }
            let text = watchLine("ADDED", "a", "6") + watchLine("ADDED", long, "7") + watchLine("ADDED", "c", "8")
            let cuts = [0, 1, 40, 100, 101, 5000, 299_000, text.utf8.count]
            let bytes = Array(text.utf8)
            return .pieces(
                zip(cuts, cuts.dropFirst()).map { String(decoding: bytes[$0..<$1], as: UTF8.self) },
                isOpen: true
            )
        }
        try await server.serve(handler) { client in
            try await Self.reflect(client) { log in
                #expect(await log.next(4) == ["= ", "+ a", "+ \(long)", "+ c"])
            }
        }
        #expect(server.seen.count == 2)
    }

    @Test(arguments: [
        ("{\"type\":\"ADDED\"\n", "half an event"),
        ("<html>\n", "not JSON"),
        (String(repeating: " ", count: 5 << 20), "a line without an end"),
        (#"{"type":"ERROR","object":{"code":500}}"# + "\n", "an API server that cannot continue"),
    ])
    func aLineThatIsNotAnEventIsAnOutageAndListsAgain(line: String, reason: String) async throws {
        let server = try FakeAPIServer()
        let handler: FakeAPIServer.Handler = { request in
            switch (request.index, request.isWatch) {
            case (0, _): .list(["a"], version: "5")
            case (1, _): .pieces([watchLine("ADDED", "b", "6"), line], isOpen: true)
            case (_, false): .list(["a", "b"], version: "7")
            case (_, true): .watch([("ADDED", "c", "8")], isOpen: true)
            }
        }
        try await server.serve(handler) { client in
            try await Self.reflect(client) { log in
                let events = ["= a", "+ b", "disconnected refused", "connected", "= a,b", "+ c"]
                #expect(await log.next(6) == events, "\(reason)")
            }
        }
    }

    @Test func itSurvivesRestartsOfTheServer() async throws {
        let server = try FakeAPIServer()
        let log = EventLog()
        let reflector = Mutex<(KubernetesClient, Reflector)?>(nil)
        let (paused, pause) = AsyncStream.makeStream(of: Void.self)
        let handler: FakeAPIServer.Handler = { request in
            switch request.parameter("resourceVersion") {
            case nil: .list(["a"], version: "5")
            case "5": .cut(watchLine("ADDED", "b", "6"), isOpen: true)
            default: .watch([("ADDED", "c", "7")], isOpen: true)
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            try await server.serve(handler) {
                let client = KubernetesClient(try server.access())
                let time = TimeSource(now: { .now }, wallTime: { 0 }) { _ in
                    for await _ in paused { break }
                }
                let made = Reflector(
                    ListOptions(.pods),
                    client: client,
                    time: time,
                    chance: { 0 },
                    logger: .silent
                ) { log.note($0) }
                reflector.withLock { $0 = (client, made) }
            }
            let (client, made) = try #require(reflector.withLock { $0 })
            group.addTask { try await made.run() }
            #expect(await log.next(1) == ["disconnected unreachable"], "the server is down")
            try await server.serve(handler) {
                pause.yield()
                #expect(await log.next(3) == ["connected", "= a", "+ b"])
            }
            #expect(await log.next(1) == ["disconnected unreachable"], "the server is down again")
            try await server.serve(handler) {
                pause.yield()
                #expect(await log.next(2) == ["connected", "+ c"], "it continues from the last version")
            }
            group.cancelAll()
            await client.shutdown()
        }
    }

    @Test func gracefulShutdownEndsItAtOnce() async throws {
        let server = try FakeAPIServer()
        let log = EventLog()
        let handler: FakeAPIServer.Handler = { request in
            request.isWatch ? .watch([("ADDED", "a", "6")], isOpen: true) : .list([], version: "5")
        }
        try await server.serve(handler) { client in
            let reflector = Reflector(.pods, client: client, logger: .silent) { log.note($0) }
            let services = ServiceGroup(services: [reflector], logger: .silent)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await services.run() }
                #expect(await log.next(2) == ["= ", "+ a"])
                await services.triggerGracefulShutdown()
                try await group.waitForAll()
            }
        }
    }

    @Test func aSilentConnectionIsReplaced() async throws {
        let server = try FakeAPIServer()
        let handler: FakeAPIServer.Handler = { request in
            switch request.index {
            case 0: .list([], version: "5")
            case 1: .pieces([], isOpen: true)
            default: .watch([("ADDED", "a", "6")], isOpen: true)
            }
        }
        try await server.serve(handler) {
            // Long enough for a slow machine to accept the watch that replaces the silent one.
            let client = KubernetesClient(try server.access(), timeout: .seconds(15), quietWatch: .seconds(2))
            try await Self.reflect(client) { log in
                #expect(await log.next(2) == ["= ", "+ a"], "this is not an outage")
            }
            await client.shutdown()
        }
    }
}
