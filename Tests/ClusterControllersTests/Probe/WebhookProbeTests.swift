import Basics
import JSON
import KubernetesAPI
import Logging
import Metrics
import PodAdmission
import Synchronization
import TestSupport
import Testing

@testable import ClusterControllers

@Suite("The probe of the webhooks", .timeLimit(.minutes(1)))
struct WebhookProbeTests {
    static let metrics = ProbeMetrics(factory: NOOPMetricsHandler.instance)

    /// The API server's answers in order; the last one repeats.
    final class Script: Sendable {
        private let answers: Mutex<[Result<KubernetesResponse, KubernetesAPIError>]>

        init(_ answers: [Result<KubernetesResponse, KubernetesAPIError>]) {
            self.answers = Mutex(answers)
        }

        func next() throws(KubernetesAPIError) -> KubernetesResponse {
            try answers.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }.get()
        }
    }

    static func refused(_ message: String) -> Result<KubernetesResponse, KubernetesAPIError> {
        .failure(KubernetesAPIError(.forbidden, "no", serverMessage: message))
    }
    static let success = refused(#"admission webhook "pods.polypod.dev" denied the request: x [exec-probe]"#)
    static let unreachable = Result<KubernetesResponse, KubernetesAPIError>.failure(
        KubernetesAPIError(.unreachable, "no")
    )
    static let admitted = Result<KubernetesResponse, KubernetesAPIError>.success(KubernetesResponse(object: [:]))

    static var timing: WebhookProbe.Timing {
        var timing = WebhookProbe.Timing()
        timing.requestLimit = ScriptedTime.limit
        timing.jitter = { 1 }
        return timing
    }

    static func probe(
        _ script: Script,
        _ time: ScriptedTime,
        hasOthers: Bool = true,
        onOutcome: @escaping @Sendable (ProbeOutcome) -> Void = { _ in }
    ) -> WebhookProbe {
        WebhookProbe(
            calls: WebhookProbe.Calls(
                probe: { () throws(KubernetesAPIError) in try script.next() },
                hasOthers: { () throws(KubernetesAPIError) in hasOthers }
            ),
            logger: .silent,
            metrics: metrics,
            clock: time.clock,
            timing: timing,
            onOutcome: onOutcome
        )
    }

    @Test func continuesAfterEachOutcome() async {
        let script = Script([Self.admitted, Self.success, Self.unreachable, Self.success])
        let time = ScriptedTime(naps: 5)
        let outcomes = Mutex<[ProbeOutcome]>([])
        let probe = Self.probe(script, time) { outcome in outcomes.withLock { $0.append(outcome) } }
        #expect(probe.notReadyReason != nil)
        await time.run { await probe.run() }
        #expect(
            outcomes.withLock { $0 } == [
                .notValidated(mutated: false), .succeeded, .unreachable, .succeeded, .succeeded,
            ]
        )
        #expect(probe.notReadyReason == nil)
        #expect(time.naps == [1, 10, 30, 30, 30].map { .seconds($0) }, "a short pause after a fault of the webhooks")
    }

    @Test func isNotReadyWhileOthersAnswer() async {
        for (hasOthers, waits) in [(true, true), (false, false)] {
            let time = ScriptedTime(naps: 2)
            let probe = Self.probe(Script([Self.admitted]), time, hasOthers: hasOthers)
            await time.run { await probe.run() }
            #expect((probe.notReadyReason != nil) == waits)
            time.advance(by: .seconds(120))
            #expect(probe.notReadyReason == nil)
        }
    }

    @Test func logsEachChangeOnceAndALastingFaultAsAnError() async {
        let lines = Mutex<[String]>([])
        let time = ScriptedTime(naps: 16)
        let script = Script([Self.admitted, Self.admitted, Self.success, Self.success, Self.unreachable, Self.admitted])
        let quiet = Script([Self.admitted])
        for script in [script, quiet] {
            let time = script === quiet ? time : ScriptedTime(naps: 8)
            let probe = WebhookProbe(
                calls: WebhookProbe.Calls(
                    probe: { () throws(KubernetesAPIError) in try script.next() },
                    hasOthers: { () throws(KubernetesAPIError) in true }
                ),
                logger: .calling { event in
                    lines.withLock { $0.append("\(event.level) \(event.metadata?["outcome"] ?? "")") }
                },
                metrics: Self.metrics,
                clock: time.clock,
                timing: Self.timing
            )
            await time.run { await probe.run() }
        }
        #expect(
            lines.withLock { $0 } == [
                "warning bypassed", "info proven", "error unreachable", "error bypassed",
                "warning bypassed", "error bypassed",
            ]
        )
    }

    @Test func anAnswerThatTakesTooLongIsUnreachable() async {
        let clock = TimeSource(sleep: { duration in
            if duration != ScriptedTime.limit, duration != .seconds(1) { throw CancellationError() }
        })
        let outcomes = Mutex<[ProbeOutcome]>([])
        let probe = WebhookProbe(
            calls: WebhookProbe.Calls(
                probe: { () throws(KubernetesAPIError) in
                    try? await Task.sleep(for: .seconds(3600))
                    throw KubernetesAPIError(.timeout, "cut off")
                },
                hasOthers: { () throws(KubernetesAPIError) in true }
            ),
            logger: .silent,
            metrics: Self.metrics,
            clock: clock,
            timing: Self.timing,
            onOutcome: { outcome in outcomes.withLock { $0.append(outcome) } }
        )
        await probe.run()
        #expect(outcomes.withLock { $0 } == [.unreachable])
        #expect(probe.notReadyReason == nil)
    }

    @Test(arguments: [
        (ProbeOutcome.succeeded, 0.9, 27), (.succeeded, 1.1, 33), (.notMutated, 0.9, 9), (.notMutated, 0.1, 5),
    ])
    func pausesHaveJitterAndALowerBound(outcome: ProbeOutcome, factor: Double, seconds: Int) {
        var timing = WebhookProbe.Timing()
        timing.jitter = { factor }
        let pause = timing.pause(after: outcome)
        #expect(abs((pause - .seconds(seconds)) / .milliseconds(1)) < 1)
    }

    @Test("The limit leaves the API server time to report webhooks whose packets are dropped")
    func droppedPackets() {
        // timeoutSeconds of both entries in deploy/webhook/base.
        let timeouts = Duration.seconds(5) * 2
        #expect(WebhookProbe.Timing().requestLimit >= timeouts + .seconds(2))
        #expect(WebhookProbe.Timing().requestLimit < .seconds(15), "the client's own timeout")
        let message = #"failed calling webhook "pods.polypod.dev": failed to call webhook: context deadline exceeded"#
        let error = KubernetesAPIError(.refused, "no", serverMessage: message)
        #expect(ProbeOutcome(.failure(error)).isOwnFault)
    }

    @Test func probesOverHTTP() async throws {
        try await LoopbackAPIServer.with { request in
            guard request.line.hasPrefix("POST") else {
                return (200, ["subsets": [["addresses": [["targetRef": ["name": "other"]]]]]])
            }
            let message = #"admission webhook "pods.polypod.dev" denied the request: x [exec-probe]"#
            return (403, ["kind": "Status", "reason": "Forbidden", "message": .string(message)])
        } _: { client, seen in
            let (outcomes, outcome) = AsyncStream.makeStream(of: ProbeOutcome.self)
            let endpoints = WebhookEndpoints(instance: "me")
            let probe = WebhookProbe(
                calls: WebhookProbe.Calls(client: client, endpoints: endpoints),
                logger: .silent,
                metrics: Self.metrics,
                timing: WebhookProbe.Timing(firstPause: .zero),
                onOutcome: { outcome.yield($0) }
            )
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await probe.run() }
                for await first in outcomes {
                    #expect(first == .succeeded)
                    break
                }
                group.cancelAll()
            }
            #expect(
                seen().map(\.line) == [
                    "GET /api/v1/namespaces/polypod-system/endpoints/polypod-webhook",
                    "POST /api/v1/namespaces/polypod-probe/pods?dryRun=All",
                ]
            )
            #expect(seen().last?.body == ProbePod.object)
        }
    }
}

@Suite("The endpoints of the webhooks")
struct WebhookEndpointsTests {
    @Test(arguments: [
        (#"{}"#, false, "no addresses at all"),
        (#"{"subsets":[{"addresses":[{"targetRef":{"name":"me"}}]}]}"#, false, "this replica only"),
        (
            #"{"subsets":[{"notReadyAddresses":[{"targetRef":{"name":"other"}}]}]}"#, false,
            "another replica that is not ready"
        ),
        (
            #"{"subsets":[{"addresses":[{"targetRef":{"name":"me"}},{"targetRef":{"name":"other"}}]}]}"#, true,
            "another replica"
        ),
        (
            #"{"subsets":[{"addresses":[]},{"addresses":[{"ip":"10.0.0.1"}]}]}"#, true,
            "an address without a Pod, added by hand"
        ),
    ])
    func others(endpoints: String, haveOthers: Bool, why: String) throws {
        let document = try JSONParser.parse(endpoints)
        #expect(WebhookEndpoints(instance: "me").haveOthers(in: document) == haveOthers, "\(why)")
    }
}
