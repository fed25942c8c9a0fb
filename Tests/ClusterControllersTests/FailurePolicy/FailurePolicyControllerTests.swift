import Basics
import JSON
import KubernetesAPI
import Logging
import Metrics
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import ClusterControllers

@Suite("The controller of the failure policy", .timeLimit(.minutes(1)))
struct FailurePolicyControllerTests {
    /// An API server with a webhook configuration, which patches change, and with Endpoints.
    final class Cluster: Sendable {
        struct State {
            var policy = FailurePolicy.ignore
            var writes = 0
            var hasOthers: [Result<Bool, KubernetesAPIError>] = [.success(true)]
            var looks = 0
        }

        let state = Mutex(State())
        let (writes, written) = AsyncStream.makeStream(of: FailurePolicy.self)

        var calls: FailurePolicyController.Calls {
            FailurePolicyController.Calls(
                configuration: { () throws(KubernetesAPIError) in
                    let policy = self.state.withLock { $0.policy.rawValue }
                    return [
                        "webhooks": [
                            ["name": "workloads.polypod.dev", "failurePolicy": "Ignore"],
                            ["name": "pods.polypod.dev", "failurePolicy": .string(policy)],
                        ]
                    ]
                },
                patch: { operations throws(KubernetesAPIError) in
                    guard operations.count == 2, operations[0]["op"] == "test",
                        operations[1]["path"] == "/webhooks/1/failurePolicy",
                        let policy = operations[1]["value"]?.string.flatMap(FailurePolicy.init(rawValue:))
                    else { throw KubernetesAPIError(.invalid, "no such patch") }
                    self.state.withLock { state in
                        state.policy = policy
                        state.writes += 1
                    }
                    self.written.yield(policy)
                },
                hasOthers: { () throws(KubernetesAPIError) in
                    let answer = self.state.withLock { state in
                        state.looks += 1
                        return state.hasOthers.count > 1 ? state.hasOthers.removeFirst() : state.hasOthers[0]
                    }
                    return try answer.get()
                }
            )
        }

        func controller(isLeader: Bool) -> FailurePolicyController {
            FailurePolicyController(
                calls: calls,
                isLeader: { isLeader },
                logger: .silent,
                metrics: FailurePolicyMetrics(factory: NOOPMetricsHandler.instance),
                clock: ScriptedTime(naps: .max).clock
            )
        }
    }

    /// Runs a controller with these outcomes, and shuts it down when it has processed them.
    static func run(_ outcomes: [ProbeOutcome], in cluster: Cluster, isLeader: Bool) async throws {
        let controller = cluster.controller(isLeader: isLeader)
        for outcome in outcomes { controller.record(outcome) }
        try await withService(controller) {}
    }

    @Test func scriptedTimeNeverEndsTheLimit() { #expect(FailurePolicyController.leaveLimit == ScriptedTime.limit) }

    static let down = ProbeOutcome.webhookUnreachable

    @Test(arguments: [
        (
            [ProbeOutcome.succeeded, .succeeded, .succeeded], true, FailurePolicy.fail, 1,
            "the leader sets Fail after three successes"
        ),
        ([.succeeded, .succeeded, .succeeded, .succeeded], true, .fail, 1, "the leader writes once"),
        ([.succeeded, .succeeded, .succeeded], false, .ignore, 0, "a replica that is not the leader does not write"),
        ([.succeeded, .succeeded], true, .ignore, 0, "too few successes"),
        ([.succeeded, .succeeded, .succeeded, down, down, down], true, .ignore, 2, "Fail, then Ignore"),
        ([down, down, down], true, .ignore, 0, "the policy is Ignore already"),
    ])
    func follows(outcomes: [ProbeOutcome], isLeader: Bool, policy: FailurePolicy, writes: Int, why: String) async throws
    {
        let cluster = Cluster()
        try await Self.run(outcomes, in: cluster, isLeader: isLeader)
        #expect(cluster.state.withLock { $0.policy } == policy, "\(why)")
        #expect(cluster.state.withLock { $0.writes } == writes, "\(why)")
    }

    @Test(
        arguments: [
            ([.success(true)], true, FailurePolicy.fail, 4, "other replicas stay"),
            ([.success(false)], true, .ignore, 1, "no other replica is left"),
            ([.success(true), .success(false)], true, .ignore, 2, "the other replica stops at the same time"),
            ([.success(false)], false, .ignore, 1, "no other replica is left, and this one is not the leader"),
            (
                [.failure(KubernetesAPIError(.forbidden, "no"))], true, .ignore, 1,
                "without an answer the leader sets Ignore"
            ),
            (
                [.failure(KubernetesAPIError(.forbidden, "no"))], false, .fail, 4,
                "without an answer other replicas do not"
            ),
        ] as [([Result<Bool, KubernetesAPIError>], Bool, FailurePolicy, Int, String)]
    )
    func leavesNoFailBehind(
        others: [Result<Bool, KubernetesAPIError>],
        isLeader: Bool,
        policy: FailurePolicy,
        looks: Int,
        why: String
    ) async throws {
        let cluster = Cluster()
        cluster.state.withLock { state in
            state.policy = .fail
            state.hasOthers = others
        }
        try await Self.run([], in: cluster, isLeader: isLeader)
        #expect(cluster.state.withLock { $0.policy } == policy, "\(why)")
        #expect(cluster.state.withLock { $0.looks } == looks, "\(why)")
    }

    @Test("An API server that does not answer does not delay the drain")
    func leavesInTime() async throws {
        let cluster = Cluster()
        var calls = cluster.calls
        calls.hasOthers = { () throws(KubernetesAPIError) in
            try? await Task.sleep(for: .seconds(3600))
            throw KubernetesAPIError(.timeout, "cut off")
        }
        let controller = FailurePolicyController(
            calls: calls,
            isLeader: { false },
            logger: .silent,
            metrics: FailurePolicyMetrics(factory: NOOPMetricsHandler.instance),
            clock: TimeSource(sleep: { if $0 != FailurePolicyController.leaveLimit { throw CancellationError() } })
        )
        try await withService(controller) {}
        #expect(cluster.state.withLock { $0.writes } == 0)
    }

    @Test func patchesOverHTTP() async throws {
        try await LoopbackAPIServer.with { _ in
            (200, ["webhooks": [["name": "pods.polypod.dev", "failurePolicy": "Fail"]], "subsets": []])
        } _: { client, seen in
            let controller = FailurePolicyController(
                client: client,
                endpoints: WebhookEndpoints(instance: "me"),
                isLeader: { true },
                logger: .silent,
                metrics: FailurePolicyMetrics(factory: NOOPMetricsHandler.instance)
            )
            try await withService(controller) {}
            let path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/polypod"
            #expect(
                seen().map(\.line) == [
                    "GET /api/v1/namespaces/polypod-system/endpoints/polypod-webhook", "GET \(path)", "PATCH \(path)",
                ]
            )
            #expect(
                seen().last?.body?.compactText
                    == #"[{"op":"test","path":"/webhooks/0/name","value":"pods.polypod.dev"},"#
                    + #"{"op":"add","path":"/webhooks/0/failurePolicy","value":"Ignore"}]"#
            )
        }
    }
}
