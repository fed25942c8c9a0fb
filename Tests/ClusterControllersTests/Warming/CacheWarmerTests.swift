import ImageRegistry
import KubernetesAPI
import Logging
import Metrics
import PodAdmission
import ServiceLifecycle
import Synchronization
import Testing
import WebhookServer

@testable import ClusterControllers

@Suite("Warming the cache")
struct CacheWarmerTests {
    /// Answers every image, and notes what was asked.
    final class Inspector: ImageInspecting {
        struct State {
            var asked: [String] = []
            var active = 0
            var mostActive = 0
        }

        let state = Mutex(State())
        let answer: @Sendable (String) -> ImageAnswer

        init(
            _ answer: @escaping @Sendable (String) -> ImageAnswer = { _ in
                .unresolved(UnresolvedReason(.notFound, "no"))
            }
        ) {
            self.answer = answer
        }

        func answers(
            for images: [String],
            credentials: PullCredentials,
            deadline: ContinuousClock.Instant
        ) async -> [String: ImageAnswer] {
            state.withLock { state in
                state.asked += images.map { "\($0)\(credentials.unread.map { " \($0)" }.joined())" }
                state.active += 1
                state.mostActive = max(state.mostActive, state.active)
            }
            for _ in 0..<20 { await Task.yield() }
            state.withLock { $0.active -= 1 }
            return Dictionary(uniqueKeysWithValues: images.map { ($0, answer($0)) })
        }
    }

    static func pod(_ images: [String], _ rest: String = "") -> String {
        let containers = images.map { #"{"name":"c\#($0.count)","image":"\#($0)"}"# }.joined(separator: ",")
        return #""template":{"spec":{\#(rest)"containers":[\#(containers)]}}"#
    }

    static func item(
        _ text: String,
        namespace: String = "shop",
        metadata: String = "",
        status: String = "{}"
    ) throws -> JSONValue {
        try JSONParser.parse(
            #"{"metadata":{"name":"x","namespace":"\#(namespace)"\#(metadata)},"spec":{\#(text)},"status":\#(status)}"#
        )
    }

    /// Warms from `items`, by resource, in pages of one.
    static func warm(_ items: [String: [JSONValue]], inspector: Inspector, time: ScriptedTime) async {
        let warmer = CacheWarmer(
            pages: { resource, onPage throws(KubernetesAPIError) in
                guard let objects = items[resource.plural] else { throw KubernetesAPIError(.forbidden, "no") }
                for object in objects where !onPage([object]) { return }
            },
            inspector: inspector,
            credentials: { query, _ in
                let names = query.imagePullSecrets.joined(separator: ",")
                return PullCredentials(unread: ["\(query.namespace)/\(names)/\(query.serviceAccountName ?? "")"])
            },
            ready: {},
            logger: SelfProofTests.logger,
            metrics: WarmingMetrics(factory: NOOPMetricsHandler.instance),
            clock: time.clock
        )
        await warmer.warm()
    }

    @Test func findsTheImagesOfEveryKind() async throws {
        let owned =
            #","ownerReferences":[{"apiVersion":"apps/v1","kind":"Deployment","name":"d","uid":"u","controller":true}]"#
        let ended = #"{"conditions":[{"type":"Complete","status":"True"}]}"#
        let cron = #""jobTemplate":{"spec":{\#(Self.pod(["cron"]))}}"#
        let secrets = #""imagePullSecrets":[{"name":"a"}],"serviceAccountName":"robot","#
        let items: [String: [JSONValue]] = [
            "deployments": [
                try Self.item(Self.pod(["web", "side"])), try Self.item(Self.pod(["web"])),
                try Self.item(Self.pod(["web"]), namespace: "other"), try Self.item(Self.pod(["web"], secrets)),
                try Self.item(#""template":7"#),
            ],
            "statefulsets": [try Self.item(Self.pod(["db"], #""serviceAccountName":"robot","#))],
            "cronjobs": [try Self.item(cron)],
            "jobs": [try Self.item(Self.pod(["job"])), try Self.item(Self.pod(["done"]), status: ended)],
            "replicasets": [try Self.item(Self.pod(["bare"])), try Self.item(Self.pod(["owned"]), metadata: owned)],
        ]
        let inspector = Inspector()
        let time = ScriptedTime(naps: .max)
        await Self.warm(items, inspector: inspector, time: time)
        #expect(
            inspector.state.withLock { Set($0.asked) } == [
                "web shop//default", "side shop//default", "web other//default", "web shop/a/", "db shop//robot",
                "cron shop//default", "job shop//default", "bare shop//default",
            ]
        )
        #expect(
            inspector.state.withLock { $0.asked.count } == 8,
            "each once; a kind that may not be listed is passed over"
        )
        #expect(time.naps == Array(repeating: .milliseconds(10), count: 8), "at most 100 in a second")
    }

    @Test func isGentleAndBounded() async throws {
        let many = try (0..<2100).map { try Self.item(Self.pod(["image-\($0)"])) }
        let inspector = Inspector()
        await Self.warm(
            ["deployments": many, "statefulsets": many],
            inspector: inspector,
            time: ScriptedTime(naps: .max)
        )
        #expect(inspector.state.withLock { $0.asked.count } == 2000)
        #expect(inspector.state.withLock { $0.mostActive } <= 4)
    }

    @Test func looksUpWhatPodsWillBePinnedTo() async throws {
        let digest = "sha256:" + String(repeating: "a", count: 64)
        let entry = IndexEntry(digest: digest, platform: Platform(os: "wasi", architecture: "wasm"))
        let facts = ImageFacts(
            digest: "sha256:" + String(repeating: "b", count: 64),
            content: .index([entry], only: nil)
        )
        let inspector = Inspector { _ in .resolved(facts, staleSeconds: nil) }
        let items = ["deployments": [try Self.item(Self.pod(["registry.example/web:1"]))]]
        await Self.warm(items, inspector: inspector, time: ScriptedTime(naps: .max))
        #expect(
            inspector.state.withLock { $0.asked } == [
                "registry.example/web:1 shop//default", "registry.example/web@\(digest) shop//default",
            ]
        )
    }

    @Test func waitsForTheShutdown() async throws {
        let inspector = Inspector()
        try await LoopbackAPIServer.with { request in
            guard request.line.hasPrefix("GET /apis/apps/v1/deployments") else {
                return (200, ["items": [], "metadata": ["resourceVersion": "1"]])
            }
            let isSecond = request.line.contains("continue=next")
            let item = try? Self.item(Self.pod([isSecond ? "two" : "one"]))
            let token: JSONValue = isSecond ? "" : "next"
            return (200, ["items": [item ?? .null], "metadata": ["resourceVersion": "1", "continue": token]])
        } _: { client, seen in
            let (warmed, isWarmed) = AsyncStream.makeStream(of: Void.self)
            let warmer = CacheWarmer(
                client: client,
                inspector: inspector,
                credentials: { _, _ in PullCredentials() },
                ready: {},
                logger: Logger(label: "test") { _ in CallingLogHandler { _ in isWarmed.yield() } },
                metrics: WarmingMetrics(factory: NOOPMetricsHandler.instance)
            )
            let settings = ServiceGroupConfiguration(services: [warmer], logger: SelfProofTests.logger)
            let group = ServiceGroup(configuration: settings)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                for await _ in warmed { break }
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
            }
            #expect(Set(inspector.state.withLock { $0.asked }) == ["one", "two"])
            #expect(
                seen().map(\.line).prefix(3) == [
                    "GET /apis/apps/v1/deployments?limit=100", "GET /apis/apps/v1/deployments?limit=100&continue=next",
                    "GET /apis/apps/v1/statefulsets?limit=100",
                ]
            )
        }
    }
}
