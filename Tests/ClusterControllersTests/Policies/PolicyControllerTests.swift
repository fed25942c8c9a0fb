import Basics
import JSON
import KubernetesAPI
import Logging
import PodAdmission
import ServiceLifecycle
import TestSupport
import Testing

@testable import ClusterControllers

@Suite("The controller of policies against an API server", .timeLimit(.minutes(1)))
struct PolicyControllerTests {
    private static let path = "/apis/polypod.dev/v1alpha1/wasmpolicies"
    private static let events = "/api/v1/namespaces/default/events"

    private static func controller(
        _ client: KubernetesClient,
        base: PolicySet = PolicySet(),
        metrics: CountingMetrics = CountingMetrics(),
        clock: TimeSource = TimeSource()
    ) -> PolicyController {
        PolicyController(
            client: client,
            base: base,
            instance: "polypod-1",
            logger: .silent,
            metrics: PolicyMetrics(factory: metrics),
            clock: clock
        )
    }

    private static func names(_ controller: PolicyController) -> [String] {
        controller.policies.policies.compactMap(\.name)
    }

    @Test("A policy applies at once; an invalid version is reported once and leaves the last valid one in force")
    func versions() async throws {
        try await FakeCluster.run { cluster, client in
            cluster.serve(Self.path, [Objects.policy("p", precedence: 5)])
            let metrics = CountingMetrics()
            let controller = Self.controller(client, metrics: metrics)
            let second = Self.controller(client)
            #expect(controller.notReadyReason != nil)
            try await withService(controller, second) {
                await cluster.until("PUT", "\(Self.path)/p/status")
                try await eventually { [controller, second].allSatisfy { $0.notReadyReason == nil } }
                #expect(controller.policies.policies.map(\.matchingPrecedence) == [5])
                #expect(cluster.object(Self.path, "p")?["status"]?["observedGeneration"] == 1)

                cluster.put(Self.version(2, mode: "Sometimes", of: cluster), Self.path)
                await cluster.until("POST", Self.events, status: 201)
                try await eventually { [controller, second].allSatisfy { Self.names($0) == ["p"] } }
                let conditions = cluster.object(Self.path, "p")?["status"]?["conditions"]?.array
                #expect(conditions?.map { $0["reason"] } == ["Invalid", "EarlierGeneration"])
                try await eventually { metrics["polypod_policies{invalid}"] == 1 }
                #expect(controller.policies.policies.map(\.matchingPrecedence) == [5])

                cluster.put(Self.version(3, precedence: 6, of: cluster), Self.path)
                try await eventually { cluster.object(Self.path, "p")?["status"]?["observedGeneration"] == 3 }
                try await eventually { controller.policies.policies.map(\.matchingPrecedence) == [6] }
            }
            let created = cluster.objects(Self.events)
            #expect(created.count == 1, "one of the replicas reports it")
            #expect(created.first?["reason"] == "InvalidPolicy")
            #expect(created.first?["involvedObject"]?["name"] == "p")
            #expect(created.first?["message"]?.string?.hasPrefix("generation 2: spec.mode: ") == true)
            #expect(metrics["polypod_policies{valid}"] == 1)
            #expect(metrics["polypod_policy_reloads_total{accepted}"] == 2)
            #expect(metrics["polypod_policy_reloads_total{rejected}"] == 1)
            // Two replicas, three versions: an update of the status does not cause another one.
            #expect(cluster.calls.count { $0.method == "PUT" } <= 6)
        }
    }

    /// The current object with another spec.
    private static func version(
        _ generation: Int,
        mode: String? = nil,
        precedence: Int = 1000,
        of cluster: FakeCluster
    ) -> JSONValue {
        let new = Objects.policy("p", generation: generation, mode: mode, precedence: precedence)
        guard var object = new.object else { return new }
        object["status"] = cluster.object(path, "p")?["status"]
        return .object(object)
    }

    @Test("The counts of several replicas add up, also after a conflict, and the last ones are written at shutdown")
    func podsDecided() async throws {
        try await FakeCluster.run { cluster, client in
            cluster.serve(Self.path, [Objects.policy("p")])
            let clock = ManualClock()
            let controller = Self.controller(client, clock: clock.source)
            try await withService(controller) {
                await cluster.until("PUT", "\(Self.path)/p/status")
                let counted = Admissions.decided(.validating, policy: "p")
                for admission in [
                    counted, counted,
                    Admissions.decided(.mutating, policy: "p"),
                    Admissions.decided(.validating, isDryRun: true, policy: "p"),
                    Admissions.decided(.validating, kind: "Deployment", policy: "p"),
                    Admissions.decided(.validating, policy: "unknown"),
                    Admissions.decided(.validating, policy: "p") { $0.skipped = .optedOut },
                    Admissions.decided(.validating, policy: nil),
                ] { controller.record(admission) }
                cluster.beforeNextWrite { cluster in
                    guard var object = cluster.object(Self.path, "p")?.object, var status = object["status"]?.object
                    else { return }
                    status["podsDecided"] = 40
                    object["status"] = .object(status)
                    cluster.put(.object(object), Self.path)
                }
                await clock.sleeper(for: .seconds(30))
                clock.advance(by: .seconds(30))
                await cluster.until("PUT", "\(Self.path)/p/status", status: 409)
                // The pause before the next attempt is at most 100 ms.
                try await eventually {
                    clock.advance(by: .milliseconds(100))
                    return cluster.object(Self.path, "p")?["status"]?["podsDecided"] == 42
                }
                controller.record(counted)
            }
            #expect(cluster.object(Self.path, "p")?["status"]?["podsDecided"] == 43)
            #expect(cluster.object(Self.path, "p")?["status"]?["conditions"]?.array?.count == 1)
        }
    }

    @Test("A status that could not be written is written later")
    func writingLater() async throws {
        try await FakeCluster.run { cluster, client in
            cluster.serve(Self.path, [Objects.policy("p")])
            cluster.refuse("\(Self.path)/p", 500)
            let clock = ManualClock()
            let controller = Self.controller(client, clock: clock.source)
            try await withService(controller) {
                await cluster.until("GET", "\(Self.path)/p", status: 500)
                #expect(controller.notReadyReason == nil)
                controller.record(Admissions.decided(.validating, policy: "p"))
                cluster.refuse("\(Self.path)/p", nil)
                await clock.sleeper(for: .seconds(30))
                clock.advance(by: .seconds(30))
                await cluster.until("PUT", "\(Self.path)/p/status")
                #expect(cluster.object(Self.path, "p")?["status"]?["podsDecided"] == 1)
                #expect(cluster.object(Self.path, "p")?["status"]?["observedGeneration"] == 1)
            }
        }
    }

    @Test("If the cluster does not have the kind, the server's own policies apply")
    func noKind() async throws {
        try await FakeCluster.run { cluster, client in
            let base = try PolicySet(reading: Objects.policy("own"))
            let controller = Self.controller(client, base: base)
            try await withService(controller) {
                try await eventually { controller.notReadyReason == nil }
                #expect(controller.policies == base)
            }
        }
    }

    @Test("The same if the server starts during an outage of the API server")
    func noKindAfterOutage() async throws {
        try await FakeCluster.run { cluster, client in
            cluster.refuse("/", 503)
            let clock = ManualClock()
            let controller = Self.controller(client, clock: clock.source)
            try await withService(controller) {
                await cluster.until("GET", Self.path, status: 503)
                try await eventually { controller.notReadyReason?.contains("[refused]") == true }
                cluster.refuse("/", nil)
                await clock.sleeper(for: .seconds(30))
                clock.advance(by: .seconds(30))
                try await eventually { controller.notReadyReason == nil }
            }
        }
    }

    @Test("Without the right to read policies the server is not ready, and says why")
    func forbidden() async throws {
        try await FakeCluster.run { cluster, client in
            cluster.refuse("/", 403)
            let controller = Self.controller(client)
            try await withService(controller) {
                try await eventually { controller.notReadyReason?.hasSuffix("[forbidden]") == true }
            }
        }
    }

    @Test("A deleted policy is removed; if the kind disappears, its policies stay until their deletion is reported")
    func removal() async throws {
        try await FakeCluster.run { cluster, client in
            cluster.serve(Self.path, [Objects.policy("p"), Objects.policy("q", precedence: 7)])
            let controller = Self.controller(client)
            try await withService(controller) {
                try await eventually { Self.names(controller) == ["q", "p"] }
                cluster.remove("q", Self.path)
                try await eventually { Self.names(controller) == ["p"] }
                cluster.refuse("/", 404)
                cluster.dropWatches()
                await cluster.until { $0.contains { $0.query.contains("watch=1") && $0.status == 404 } }
                #expect(Self.names(controller) == ["p"])
            }
        }
    }
}
