import JSON
import KubernetesAPI
import Logging
import PodAdmission
import ServiceLifecycle
import Testing

@testable import ClusterControllers

@Suite("Events against an API server", .timeLimit(.minutes(1)))
struct EventRecorderTests {
    private static let path = "/api/v1/namespaces/shop/events"

    private static func recorder(
        _ client: KubernetesClient,
        _ metrics: CountingMetrics,
        clock: ManualClock = ManualClock()
    ) -> EventRecorder {
        EventRecorder(
            client: client,
            instance: "polypod-1",
            logger: .silent,
            metrics: EventMetrics(factory: metrics),
            clock: clock.service
        )
    }

    @Test("What is said again is counted on the same Event; one that is gone is made anew")
    func counting() async throws {
        try await FakeCluster.run { cluster, client in
            let metrics = CountingMetrics()
            let clock = ManualClock()
            let recorder = Self.recorder(client, metrics, clock: clock)
            try await withService(recorder) {
                recorder.decided(Admissions.routed())
                await cluster.until("POST", Self.path, status: 201)
                let name = try #require(cluster.objects(Self.path).first?["metadata"]?["name"]?.string)
                #expect(name.hasPrefix("web-5d."))
                clock.advance(by: .seconds(5))
                recorder.decided(Admissions.routed())
                await cluster.until("PATCH", "\(Self.path)/\(name)")
                #expect(cluster.object(Self.path, name)?["count"] == 2)
                #expect(cluster.object(Self.path, name)?["firstTimestamp"] == "2026-09-21T14:13:20Z")
                #expect(cluster.object(Self.path, name)?["lastTimestamp"] == "2026-09-21T14:13:25Z")
                recorder.decided(Admissions.refused())
                await cluster.until("POST", Self.path, status: 201, count: 2)
                cluster.remove(name, Self.path)
                recorder.decided(Admissions.routed())
                await cluster.until("POST", Self.path, status: 201, count: 3)
                #expect(cluster.objects(Self.path).allSatisfy { $0["count"] == 1 })
            }
            #expect(metrics["polypod_events_total{created}"] == 3)
            #expect(metrics["polypod_events_total{counted}"] == 1)
        }
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let why: String
        let status: Int
        var testDescription: String { why }
    }

    @Test(
        "What the API server does not take is counted and not said again",
        arguments: [
            Refusal(why: "no right to make Events", status: 403),
            Refusal(why: "the namespace is gone", status: 404),
            Refusal(why: "a name that is none", status: 422),
            Refusal(why: "too much", status: 429),
            Refusal(why: "trouble", status: 500),
        ]
    )
    func refusals(refusal: Refusal) async throws {
        try await FakeCluster.run { cluster, client in
            let metrics = CountingMetrics()
            let recorder = Self.recorder(client, metrics)
            cluster.refuse("/", refusal.status)
            try await withService(recorder) {
                recorder.decided(Admissions.refused())
                try await eventually { metrics["polypod_events_total{failed}"] == 1 }
            }
            #expect(cluster.calls.count == 1)
        }
    }

    @Test("An object's Events are limited, and all of them together")
    func rates() async throws {
        try await FakeCluster.run { cluster, client in
            let metrics = CountingMetrics()
            let clock = ManualClock()
            let recorder = Self.recorder(client, metrics, clock: clock)
            try await withService(recorder) {
                for _ in 0..<30 { recorder.decided(Admissions.routed()) }
                // Ten at once; then each waits for its turn.
                await clock.sleeper(for: .milliseconds(100))
                #expect(cluster.calls.count == 10)
                for _ in 0..<15 {
                    await clock.sleeper(for: .milliseconds(100))
                    clock.advance(by: .milliseconds(100))
                }
                try await eventually { metrics["polypod_events_total{limited}"] == 5 }
            }
            #expect(metrics["polypod_events_total{created}"] == 1)
            #expect(metrics["polypod_events_total{counted}"] == 24)
            #expect(cluster.objects(Self.path).first?["count"] == 25)
        }
    }

    @Test("The queue is bounded, and what finds no room is counted")
    func overflow() async throws {
        try await FakeCluster.run { cluster, client in
            let metrics = CountingMetrics()
            let recorder = Self.recorder(client, metrics)
            for _ in 0..<(EventRecorder.queueLimit + 7) { recorder.decided(Admissions.routed()) }
            #expect(metrics["polypod_events_total{dropped}"] == 7)
            #expect(cluster.calls.isEmpty)
        }
    }

    @Test("What waits when the server stops is written, as long as it takes two seconds at most")
    func draining() async throws {
        try await FakeCluster.run { cluster, client in
            let metrics = CountingMetrics()
            let clock = ManualClock()
            let recorder = Self.recorder(client, metrics, clock: clock)
            for number in 0..<20 {
                let owner = OwnerReference(apiVersion: "batch/v1", kind: "Job", name: "j\(number)", uid: "u\(number)")
                recorder.decided(Admissions.routed(owner: owner))
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await withService(recorder) {} }
                // The first ten need no turn.
                await cluster.until("POST", Self.path, status: 201, count: 10)
                await clock.sleeper(for: .seconds(2))
                await clock.sleeper(for: .milliseconds(100))
                clock.advance(by: .seconds(2))
                try await group.waitForAll()
            }
            recorder.decided(Admissions.routed())
            // One may have been on its way when the time was over.
            let sum = ["created", "failed", "dropped"].reduce(0) { $0 + metrics["polypod_events_total{\($1)}"] }
            #expect(sum == 21)
            #expect(metrics["polypod_events_total{created}"] >= 10)
            #expect(metrics["polypod_events_total{dropped}"] >= 1)
        }
    }
}
