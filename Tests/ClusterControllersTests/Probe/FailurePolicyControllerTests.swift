import Basics
import JSON
import KubernetesAPI
import Logging
import Metrics
import PodAdmission
import ServiceLifecycle
import Synchronization
import Testing

@testable import ClusterControllers

@Suite("The failure policy")
struct FailurePolicyControllerTests {
    /// A webhook configuration that is changed by patches, and endpoints.
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
                logger: WebhookProbeTests.logger,
                metrics: FailurePolicyMetrics(factory: NOOPMetricsHandler.instance),
                clock: ScriptedTime(naps: .max).clock
            )
        }
    }

    /// Hands outcomes to a controller of its own group, and shuts the group down when they are taken in.
    static func run(_ outcomes: [ProbeOutcome], in cluster: Cluster, isLeader: Bool) async throws {
        let controller = cluster.controller(isLeader: isLeader)
        for outcome in outcomes { controller.record(outcome) }
        let settings = ServiceGroupConfiguration(services: [controller], logger: WebhookProbeTests.logger)
        let group = ServiceGroup(configuration: settings)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    @Test func limitsNeverEndOnAScriptedClock() { #expect(FailurePolicyController.leaveLimit == ScriptedTime.limit) }

    static let down = ProbeOutcome.webhookUnreachable

    @Test(arguments: [
        ([ProbeOutcome.proven, .proven, .proven], true, FailurePolicy.fail, 1, "the leader, after three proofs"),
        ([.proven, .proven, .proven, .proven], true, .fail, 1, "written once"),
        ([.proven, .proven, .proven], false, .ignore, 0, "nobody but the leader writes"),
        ([.proven, .proven], true, .ignore, 0, "too few proofs"),
        ([.proven, .proven, .proven, down, down, down], true, .ignore, 2, "there and back"),
        ([down, down, down], true, .ignore, 0, "it was so already"),
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
            ([.success(true)], true, FailurePolicy.fail, 4, "others go on"),
            ([.success(false)], true, .ignore, 1, "nobody is left"),
            ([.success(true), .success(false)], true, .ignore, 2, "the other goes at the same time"),
            ([.success(false)], false, .ignore, 1, "nobody is left, a leader neither"),
            ([.failure(KubernetesAPIError(.forbidden, "no"))], true, .ignore, 1, "in doubt the leader makes it safe"),
            ([.failure(KubernetesAPIError(.forbidden, "no"))], false, .fail, 4, "and nobody else does"),
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

    @Test(
        arguments: [
            (#"{"webhooks":[{"name":"pods.polypod.dev","failurePolicy":"Fail"}]}"#, FailurePolicy.fail, "said"),
            (#"{"webhooks":[{"name":"pods.polypod.dev"}]}"#, .fail, "the API's default"),
            (#"{"webhooks":[{"name":"workloads.polypod.dev","failurePolicy":"Fail"}]}"#, nil, "another entry"),
            (#"{}"#, nil, "no entries"),
        ] as [(String, FailurePolicy?, String)]
    )
    func reading(configuration: String, policy: FailurePolicy?, why: String) throws {
        let document = try JSONParser.parse(configuration)
        #expect(FailurePolicy(of: "pods.polypod.dev", in: document) == policy, "\(why)")
        #expect((FailurePolicy.ignore.patch("pods.polypod.dev", in: document) == nil) == (policy == nil), "\(why)")
    }

    @Test("An API server that hangs does not keep the server from its drain")
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
            logger: WebhookProbeTests.logger,
            metrics: FailurePolicyMetrics(factory: NOOPMetricsHandler.instance),
            clock: TimeSource(sleep: { if $0 != FailurePolicyController.leaveLimit { throw CancellationError() } })
        )
        let settings = ServiceGroupConfiguration(services: [controller], logger: WebhookProbeTests.logger)
        let group = ServiceGroup(configuration: settings)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        #expect(cluster.state.withLock { $0.writes } == 0)
    }

    @Test func patchesARealServer() async throws {
        try await LoopbackAPIServer.with { _ in
            (200, ["webhooks": [["name": "pods.polypod.dev", "failurePolicy": "Fail"]], "subsets": []])
        } _: { client, seen in
            let controller = FailurePolicyController(
                client: client,
                endpoints: WebhookEndpoints(instance: "me"),
                isLeader: { true },
                logger: WebhookProbeTests.logger,
                metrics: FailurePolicyMetrics(factory: NOOPMetricsHandler.instance)
            )
            let settings = ServiceGroupConfiguration(services: [controller], logger: WebhookProbeTests.logger)
            let group = ServiceGroup(configuration: settings)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
            }
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
