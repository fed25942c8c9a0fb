import KubernetesAPI
import Logging
import PodAdmission
import ServiceLifecycle
import TestSupport
import Testing

@testable import ClusterControllers

@Suite("The watch of a cluster against an API server", .timeLimit(.minutes(1)))
struct ClusterWatchTests {
    private static let classes = "/apis/node.k8s.io/v1/runtimeclasses"
    private static let nodes = "/api/v1/nodes"
    private static let namespaces = "/api/v1/namespaces"

    private static func serve(_ cluster: FakeCluster) {
        cluster.serve(classes, [Objects.runtimeClass("crun-wasmedge", ["wasm": "true"])])
        cluster.serve(nodes, [Objects.metadata("n1", ["wasm": "true"]), Objects.metadata("n2")])
        cluster.serve(namespaces, [Objects.metadata("shop", ["team": "a"])])
    }

    @Test("Existing objects and changes are known")
    func follows() async throws {
        try await FakeCluster.run { cluster, client in
            Self.serve(cluster)
            let watch = ClusterWatch(client: client, logger: .silent, clock: ManualClock().source)
            #expect(watch.notReadyReason == "the cluster's runtime classes, nodes, namespaces are not known yet")
            #expect(watch.knowledge.runtimeClasses == nil)
            try await withService(watch) {
                try await eventually { watch.notReadyReason == nil }
                #expect(watch.knowledge.runtimeClasses?["crun-wasmedge"]?.matchingNodes == 1)
                #expect(watch.knowledge.runtimeClasses?["crun-wasmedge"]?.nodeSelector == ["wasm": "true"])
                #expect(await watch.labels(ofNamespace: "shop") == ["team": "a"])
                cluster.put(Objects.metadata("n2", ["wasm": "true"]), Self.nodes)
                try await eventually { watch.knowledge.runtimeClasses?["crun-wasmedge"]?.matchingNodes == 2 }
                cluster.remove("crun-wasmedge", Self.classes)
                try await eventually { watch.knowledge.runtimeClasses == [:] }
                cluster.put(Objects.metadata("shop", ["team": "b"]), Self.namespaces)
                try await eventually { await watch.labels(ofNamespace: "shop") == ["team": "b"] }
            }
            #expect(!cluster.calls.contains { $0.path == "\(Self.namespaces)/shop" }, "the watch has it already")
        }
    }

    @Test("The replica is ready after 30 seconds without a list")
    func startLimit() async throws {
        try await FakeCluster.run { cluster, client in
            Self.serve(cluster)
            cluster.refuse(Self.nodes, 403)
            let clock = ManualClock()
            let watch = ClusterWatch(client: client, logger: .silent, clock: clock.source)
            try await withService(watch) {
                try await eventually { watch.notReadyReason == "the cluster's nodes are not known yet" }
                clock.advance(by: .seconds(30))
                #expect(watch.notReadyReason == nil)
                #expect(watch.knowledge.runtimeClasses?["crun-wasmedge"] != nil)
                #expect(watch.knowledge.runtimeClasses?["crun-wasmedge"]?.matchingNodes == nil)
            }
        }
    }

    @Test("After a minute without the API server only namespaces stay known; later everything is known again")
    func outage() async throws {
        try await FakeCluster.run { cluster, client in
            Self.serve(cluster)
            let clock = ManualClock()
            let watch = ClusterWatch(client: client, logger: .silent, clock: clock.source)
            try await withService(watch) {
                try await eventually { watch.notReadyReason == nil }
                cluster.refuse("/", 503)
                cluster.dropWatches()
                for path in [Self.classes, Self.nodes, Self.namespaces] {
                    await cluster.until { $0.contains { $0.path == path && $0.status == 503 } }
                }
                #expect(watch.knowledge.runtimeClasses != nil, "a short outage")
                try await eventually {
                    clock.advance(by: .seconds(60))
                    return watch.knowledge.runtimeClasses == nil
                }
                #expect(await watch.labels(ofNamespace: "shop") == ["team": "a"])
                #expect(watch.notReadyReason == nil)
                cluster.refuse("/", nil)
                try await eventually { watch.knowledge.runtimeClasses?["crun-wasmedge"]?.matchingNodes == 1 }
            }
        }
    }

    @Test("A namespace that the watch does not have yet is fetched once")
    func newNamespace() async throws {
        try await FakeCluster.run { cluster, client in
            Self.serve(cluster)
            let clock = ManualClock()
            // The watch does not run, so its event for the namespace is still missing.
            let watch = ClusterWatch(client: client, logger: .silent, clock: clock.source)
            #expect(await watch.labels(ofNamespace: "shop") == ["team": "a"])
            #expect(await watch.labels(ofNamespace: "shop") == ["team": "a"])
            #expect(cluster.calls.count == 1)
            #expect(await watch.labels(ofNamespace: "nowhere") == nil)

            clock.advance(by: .seconds(30))
            cluster.put(Objects.metadata("shop", ["team": "b"]), Self.namespaces)
            #expect(await watch.labels(ofNamespace: "shop") == ["team": "b"], "stale labels are fetched again")
            clock.advance(by: .seconds(30))
            cluster.refuse("/", 503)
            #expect(await watch.labels(ofNamespace: "shop") == ["team": "b"], "stale labels are better than none")
        }
    }

    @Test("An API server that does not answer delays an admission by one second at most")
    func slowNamespace() async throws {
        try await FakeCluster.run { cluster, client in
            Self.serve(cluster)
            let clock = ManualClock()
            let watch = ClusterWatch(client: client, logger: .silent, clock: clock.source)
            cluster.hang(Self.namespaces)
            async let labels = watch.labels(ofNamespace: "shop")
            await clock.sleeper(for: .seconds(1))
            clock.advance(by: .seconds(1))
            #expect(await labels == nil)
        }
    }
}
