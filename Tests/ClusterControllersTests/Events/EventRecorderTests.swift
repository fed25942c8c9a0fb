import JSON
import KubernetesAPI
import Logging
import PodAdmission
import ServiceLifecycle
import TestSupport
import Testing

@testable import ClusterControllers

@Suite("The recorder of Events against an API server", .timeLimit(.minutes(1)))
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
            clock: clock.source
        )
    }

    @Test("A repetition is counted on the same Event; an Event that was deleted is created again")
    func counting() async throws {
        try await FakeCluster.run { cluster, client in
            let metrics = CountingMetrics()
            let clock = ManualClock()
            let recorder = Self.recorder(client, metrics, clock: clock)
            try await withService(recorder) {
                recorder.record(Admissions.routed())
                await cluster.until("POST", Self.path, status: 201)
                let name = try #require(cluster.objects(Self.path).first?["metadata"]?["name"]?.string)
                #expect(name.hasPrefix("web-5d."))
                clock.advance(by: .seconds(5))
                recorder.record(Admissions.routed())
                await cluster.until("PATCH", "\(Self.path)/\(name)")
                #expect(cluster.object(Self.path, name)?["count"] == 2)
                #expect(cluster.object(Self.path, name)?["firstTimestamp"] == "2026-09-21T14:13:20Z")
                #expect(cluster.object(Self.path, name)?["lastTimestamp"] == "2026-09-21T14:13:25Z")
                recorder.record(Admissions.refused())
                await cluster.until("POST", Self.path, status: 201, count: 2)
                cluster.remove(name, Self.path)
                recorder.record(Admissions.routed())
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
        "An Event that the API server does not accept is counted and not sent again",
        arguments: [
            Refusal(why: "no right to create Events", status: 403),
            Refusal(why: "the namespace is gone", status: 404),
            Refusal(why: "an invalid name", status: 422),
            Refusal(why: "too many requests", status: 429),
            Refusal(why: "an internal error", status: 500),
        ]
    )
    func refusals(refusal: Refusal) async throws {
        try await FakeCluster.run { cluster, client in
            let metrics = CountingMetrics()
            let recorder = Self.recorder(client, metrics)
            cluster.refuse("/", refusal.status)
            try await withService(recorder) {
                recorder.record(Admissions.refused())
                try await eventually { metrics["polypod_events_total{failed}"] == 1 }
            }
            #expect(cluster.calls.count == 1)
        }
    }

    @Test("The Events of one object are limited, and the rate of all Events")
    func rates() async throws {
        try await FakeCluster.run { cluster, client in
            let metrics = CountingMetrics()
            let clock = ManualClock()
            let recorder = Self.recorder(client, metrics, clock: clock)
            try await withService(recorder) {
                for _ in 0..<30 { recorder.record(Admissions.routed()) }
                // Ten at once; then each waits 100 ms.
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

    @Test("The queue is bounded, and Events beyond the bound are counted as dropped")
    func overflow() async throws {
        try await FakeCluster.run { cluster, client in
            let metrics = CountingMetrics()
            let recorder = Self.recorder(client, metrics)
            for _ in 0..<(EventRecorder.queueLimit + 7) { recorder.record(Admissions.routed()) }
            #expect(metrics["polypod_events_total{dropped}"] == 7)
            #expect(cluster.calls.isEmpty)
        }
    }

    @Test("When the server stops, waiting Events are written for at most two seconds")
    func draining() async throws {
        try await FakeCluster.run { cluster, client in
            let metrics = CountingMetrics()
            let clock = ManualClock()
            let recorder = Self.recorder(client, metrics, clock: clock)
            for number in 0..<20 {
                let owner = OwnerReference(apiVersion: "batch/v1", kind: "Job", name: "j\(number)", uid: "u\(number)")
                recorder.record(Admissions.routed(owner: owner))
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await withService(recorder) {} }
                // The first ten do not wait.
                await cluster.until("POST", Self.path, status: 201, count: 10)
                await clock.sleeper(for: .seconds(2))
                await clock.sleeper(for: .milliseconds(100))
                clock.advance(by: .seconds(2))
                try await group.waitForAll()
            }
            recorder.record(Admissions.routed())
            // One may have been in flight when the time was over.
            let sum = ["created", "failed", "dropped"].reduce(0) { $0 + metrics["polypod_events_total{\($1)}"] }
            #expect(sum == 21)
            #expect(metrics["polypod_events_total{created}"] >= 10)
            #expect(metrics["polypod_events_total{dropped}"] >= 1)
        }
    }
}
