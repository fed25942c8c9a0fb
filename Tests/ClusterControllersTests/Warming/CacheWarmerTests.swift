import ImageRegistry
import JSON
import KubernetesAPI
import Logging
import Metrics
import PodAdmission
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import ClusterControllers

@Suite("The cache warmer", .timeLimit(.minutes(1)))
struct CacheWarmerTests {
    private static let deployments = Workloads.deployments

    /// The list of a kind.
    private static func path(_ kind: WarmedKind) -> String {
        "/apis/\(kind.resource.group)/\(kind.resource.version)/\(kind.resource.plural)"
    }

    /// A cluster that has every kind and no objects.
    private static func run(_ body: @Sendable (FakeCluster, KubernetesClient) async throws -> Void) async throws {
        try await FakeCluster.run { cluster, client in
            for kind in WarmedKind.all { cluster.serve(path(kind)) }
            try await body(cluster, client)
        }
    }

    private static func warmer(
        _ client: KubernetesClient,
        _ lookUps: LookUps,
        ready: @escaping @Sendable () async throws -> Void = {},
        logger: Logger = .silent,
        metrics: any MetricsFactory = NOOPMetricsHandler.instance,
        time: ScriptedTime = ScriptedTime(naps: .max)
    ) -> CacheWarmer {
        CacheWarmer(
            client: client,
            images: lookUps,
            ready: ready,
            logger: logger,
            metrics: WarmingMetrics(factory: metrics),
            clock: time.clock
        )
    }

    private static func deployment(_ name: String, generation: Int = 1, _ images: String...) -> JSONValue {
        Workloads.object(name, generation: generation, Workloads.spec(images))
    }

    @Test("Existing workloads of every kind are looked up slowly, new and changed ones at once")
    func follows() async throws {
        try await Self.run { cluster, client in
            for kind in WarmedKind.all {
                let spec = Workloads.spec([kind.resource.plural])
                let isCronJob = kind.resource == .cronJobs
                let object = Workloads.object(kind.kind, isCronJob ? ["jobTemplate": ["spec": spec]] : spec)
                cluster.put(object, Self.path(kind))
            }
            let lookUps = LookUps()
            let time = ScriptedTime(naps: .max)
            try await withService(Self.warmer(client, lookUps, time: time)) {
                try await eventually { lookUps.asked.count == WarmedKind.all.count }
                let first = WarmedKind.all.map { "\($0.resource.plural) shop/default" }
                #expect(lookUps.asked == first, "the kinds in order")
                #expect(time.naps == Array(repeating: .milliseconds(10), count: first.count), "at most 100 in a second")
                cluster.put(Self.deployment("new", "new:1"), Self.deployments)
                try await eventually { lookUps.asked.count == first.count + 1 }
                cluster.put(Self.deployment("new", generation: 2, "new:2"), Self.deployments)
                try await eventually { lookUps.asked.count == first.count + 2 }
                #expect(lookUps.asked.suffix(2) == ["new:1 shop/default", "new:2 shop/default"])
                #expect(time.naps.count == first.count, "no pause for changes")
                for kind in WarmedKind.all {
                    let path = Self.path(kind)
                    await cluster.until { $0.contains { $0.path == path && $0.query.hasPrefix("watch=1") } }
                    #expect(cluster.calls.first { $0.path == path }?.query == "limit=100")
                }
            }
        }
    }

    @Test("A change of the status causes no look-up")
    func status() async throws {
        try await Self.run { cluster, client in
            cluster.put(Self.deployment("web", "web:1"), Self.deployments)
            let lookUps = LookUps()
            try await withService(Self.warmer(client, lookUps)) {
                try await eventually { lookUps.asked.count == 1 }
                let status: JSONValue = ["readyReplicas": 1]
                let running = Workloads.object("web", status: status, Workloads.spec(["web:1"]))
                cluster.put(running, Self.deployments)
                cluster.put(Self.deployment("later", "later:1"), Self.deployments)
                try await eventually { lookUps.asked.contains("later:1 shop/default") }
                #expect(lookUps.asked == ["web:1 shop/default", "later:1 shop/default"])
            }
        }
    }

    @Test("After an outage only new workloads are looked up")
    func relist() async throws {
        try await Self.run { cluster, client in
            cluster.put(Self.deployment("web", "web:1"), Self.deployments)
            let lookUps = LookUps()
            try await withService(Self.warmer(client, lookUps)) {
                await cluster.until { $0.contains { $0.path == Self.deployments && $0.query.contains("watch=1") } }
                try await eventually { lookUps.asked.count == 1 }
                cluster.refuse(Self.deployments, 410)
                cluster.dropWatches()
                await cluster.until { $0.contains { $0.path == Self.deployments && $0.status == 410 } }
                cluster.put(Self.deployment("missed", "missed:1"), Self.deployments)
                cluster.refuse(Self.deployments, nil)
                try await eventually { lookUps.asked.contains("missed:1 shop/default") }
                #expect(lookUps.asked == ["web:1 shop/default", "missed:1 shop/default"])
            }
            let lists = cluster.calls.count {
                $0.path == Self.deployments && $0.query == "limit=100" && $0.status == 200
            }
            #expect(lists == 2)
        }
    }

    @Test("Changes do not wait for lists, and the shutdown waits for neither")
    func priority() async throws {
        try await Self.run { cluster, client in
            for index in 0..<20 { cluster.put(Self.deployment("old-\(index)", "old:\(index)"), Self.deployments) }
            let lookUps = LookUps(hold: { if $0.hasPrefix("old") { await LookUps.never() } })
            try await withService(Self.warmer(client, lookUps)) {
                try await eventually { lookUps.asked.count == 4 }
                await cluster.until { $0.contains { $0.path == Self.deployments && $0.query.contains("watch=1") } }
                for index in 0..<8 { cluster.put(Self.deployment("new-\(index)", "new:\(index)"), Self.deployments) }
                try await eventually { lookUps.asked.count == 12 }
                #expect(lookUps.asked.count { $0.hasPrefix("new") } == 8)
            }
            #expect(lookUps.mostActive <= 8, "four for lists and four for changes")
            #expect(lookUps.asked.count == 12)
        }
    }

    @Test("Of the images of changes the newest 1000 wait")
    func changesAreBounded() async throws {
        try await Self.run { cluster, client in
            let (lookUps, metrics) = (LookUps(), CountingMetrics())
            let warmer = Self.warmer(client, lookUps, metrics: metrics)
            let kind = WarmedKind.all[0]
            for index in 0..<1003 {
                let workload = try #require(WarmedWorkload(Self.deployment("\(index)", "web:\(index)"), kind: kind))
                warmer.receive(.changed(workload.kept), of: kind)
            }
            #expect(metrics["polypod_cache_warming_images_total{dropped}"] == 3)
            try await withService(warmer) {
                try await eventually { metrics["polypod_cache_warming_images_total{unresolved}"] == 1000 }
            }
            #expect(lookUps.asked.first == "web:3 shop/default")
            #expect(lookUps.mostActive <= 4)
        }
    }

    @Test("Of the images of lists the first 2000 wait")
    func listsAreBounded() async throws {
        try await Self.run { cluster, client in
            let (lookUps, metrics) = (LookUps(), CountingMetrics())
            let warmer = Self.warmer(client, lookUps, metrics: metrics)
            let kind = WarmedKind.all[0]
            let workloads = try (0..<2100).map { index in
                try #require(WarmedWorkload(Self.deployment("\(index)", "web:\(index)"), kind: kind)).kept
            }
            warmer.receive(.replaced(workloads), of: kind)
            #expect(metrics["polypod_cache_warming_images_total{dropped}"] == 100)
            try await withService(warmer) {
                try await eventually { metrics["polypod_cache_warming_images_total{unresolved}"] == 2000 }
            }
            #expect(lookUps.mostActive <= 4)
        }
    }

    @Test("A kind that is missing or forbidden is logged once and does not affect other kinds")
    func missing() async throws {
        try await FakeCluster.run { cluster, client in
            for kind in WarmedKind.all where kind.resource != .cronJobs { cluster.serve(Self.path(kind)) }
            cluster.refuse("/apis/batch/v1/jobs", 403)
            cluster.put(Self.deployment("web", "web:1"), Self.deployments)
            cluster.put(Workloads.object("bare", Workloads.spec(["bare:1"])), "/apis/apps/v1/replicasets")
            let lookUps = LookUps()
            let lines = Mutex<[String]>([])
            let logger = Logger.calling { line in lines.withLock { $0.append("\(line.level) \(line.message)") } }
            try await withService(Self.warmer(client, lookUps, logger: logger)) {
                try await eventually { lookUps.asked.count == 2 }
                // Each was refused a second time, which is not logged.
                await cluster.until("GET", "/apis/batch/v1/cronjobs", status: 404, count: 2)
                await cluster.until("GET", "/apis/batch/v1/jobs", status: 403, count: 2)
                try await eventually { lines.withLock { $0.count } == 6 }
            }
            let said = lines.withLock { $0 }
            #expect(said.count { $0 == "notice the API server does not have this kind" } == 1)
            #expect(said.count { $0 == "warning the API server cannot be watched" } == 1)
            #expect(said.count { $0 == "info workloads' images looked up" } == 4, "for each kind that was listed")
        }
    }

    @Test("The warmer sends no request before the server is ready")
    func ready() async throws {
        try await Self.run { cluster, client in
            let (waits, waiting) = AsyncStream.makeStream(of: Void.self)
            let (gate, opens) = AsyncStream.makeStream(of: Void.self)
            let warmer = Self.warmer(client, LookUps()) {
                waiting.finish()
                for await _ in gate {}
            }
            try await withService(warmer) {
                for await _ in waits {}
                #expect(cluster.calls.isEmpty)
                opens.finish()
                await cluster.until("GET", Self.deployments)
            }
        }
    }

    @Test("The warmer shuts down before the server is ready")
    func shutdownBeforeReady() async throws {
        try await Self.run { cluster, client in
            let warmer = Self.warmer(client, LookUps()) { await LookUps.never() }
            try await withService(warmer) {}
            #expect(cluster.calls.isEmpty)
        }
    }
}
