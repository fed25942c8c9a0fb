import Basics
import JSON
import KubernetesAPI
import Logging
import Metrics
import PodAdmission
import Synchronization
import Testing

@testable import ClusterControllers

@Suite("Self-proof")
struct WebhookProbeTests {
    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    static let metrics = ProbeMetrics(factory: NOOPMetricsHandler.instance)

    /// What the API server says in turn; the last for good.
    final class Script: Sendable {
        private let answers: Mutex<[Result<KubernetesResponse, KubernetesAPIError>]>
        let asked = Mutex(0)

        init(_ answers: [Result<KubernetesResponse, KubernetesAPIError>]) {
            self.answers = Mutex(answers)
        }

        func next() throws(KubernetesAPIError) -> KubernetesResponse {
            asked.withLock { $0 += 1 }
            return try answers.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }.get()
        }
    }

    static func refused(_ words: String) -> Result<KubernetesResponse, KubernetesAPIError> {
        .failure(KubernetesAPIError(.forbidden, "no", serverMessage: words))
    }
    static let proof = refused(#"admission webhook "pods.polypod.dev" denied the request: x [exec-probe]"#)
    static let away = Result<KubernetesResponse, KubernetesAPIError>.failure(KubernetesAPIError(.unreachable, "no"))
    static let admitted = Result<KubernetesResponse, KubernetesAPIError>.success(KubernetesResponse(object: [:]))

    static var pacing: ProbePacing {
        var pacing = ProbePacing()
        pacing.limit = ScriptedTime.limit
        pacing.jitter = { 1 }
        return pacing
    }

    static func proof(
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
            logger: logger,
            metrics: metrics,
            clock: time.clock,
            pacing: pacing,
            onOutcome: onOutcome
        )
    }

    @Test func goesOnWhateverIsAnswered() async {
        let script = Script([Self.admitted, Self.proof, Self.away, Self.proof])
        let time = ScriptedTime(naps: 5)
        let outcomes = Mutex<[ProbeOutcome]>([])
        let proof = Self.proof(script, time) { outcome in outcomes.withLock { $0.append(outcome) } }
        #expect(proof.notReadyReason != nil)
        #expect(proof.outcome == nil)
        await time.run { try await proof.run() }
        #expect(outcomes.withLock { $0 } == [.notValidated(mutated: false), .proven, .unreachable, .proven, .proven])
        #expect(proof.outcome == .proven)
        #expect(proof.notReadyReason == nil)
        #expect(time.naps == [1, 10, 30, 30, 30].map { .seconds($0) }, "soon where the webhooks are not at work")
    }

    @Test func waitsForAProofWhileOthersAnswer() async {
        for (hasOthers, waits) in [(true, true), (false, false)] {
            let time = ScriptedTime(naps: 2)
            let proof = Self.proof(Script([Self.admitted]), time, hasOthers: hasOthers)
            await time.run { try await proof.run() }
            #expect((proof.notReadyReason != nil) == waits)
            time.advance(by: .seconds(120))
            #expect(proof.notReadyReason == nil)
        }
    }

    @Test func saysEachChangeOnceAndAFaultThatStaysLouder() async {
        let lines = Mutex<[String]>([])
        let time = ScriptedTime(naps: 16)
        let script = Script([Self.admitted, Self.admitted, Self.proof, Self.proof, Self.away, Self.admitted])
        let quiet = Script([Self.admitted])
        for script in [script, quiet] {
            let time = script === quiet ? time : ScriptedTime(naps: 8)
            let proof = WebhookProbe(
                calls: WebhookProbe.Calls(
                    probe: { () throws(KubernetesAPIError) in try script.next() },
                    hasOthers: { () throws(KubernetesAPIError) in true }
                ),
                logger: Logger(label: "test") { _ in
                    CallingLogHandler { event in
                        lines.withLock { $0.append("\(event.level) \(event.metadata?["outcome"] ?? "")") }
                    }
                },
                metrics: Self.metrics,
                clock: time.clock,
                pacing: Self.pacing
            )
            await time.run { try await proof.run() }
        }
        #expect(
            lines.withLock { $0 } == [
                "warning bypassed", "info proven", "error unreachable", "error bypassed",
                "warning bypassed", "error bypassed",
            ]
        )
    }

    @Test func oneThatDoesNotAnswerIsCutOff() async {
        let clock = TimeSource(sleep: { duration in
            if duration != ScriptedTime.limit, duration != .seconds(1) { throw CancellationError() }
        })
        let proof = WebhookProbe(
            calls: WebhookProbe.Calls(
                probe: { () throws(KubernetesAPIError) in
                    try? await Task.sleep(for: .seconds(3600))
                    throw KubernetesAPIError(.timeout, "cut off")
                },
                hasOthers: { () throws(KubernetesAPIError) in true }
            ),
            logger: Self.logger,
            metrics: Self.metrics,
            clock: clock,
            pacing: Self.pacing
        )
        try? await proof.run()
        #expect(proof.outcome == .unreachable)
        #expect(proof.notReadyReason == nil)
    }

    @Test(arguments: [(ProbeOutcome.proven, 0.9, 27), (.proven, 1.1, 33), (.notMutated, 0.9, 9), (.notMutated, 0.1, 5)])
    func pausesAreJitteredAndNeverShort(outcome: ProbeOutcome, factor: Double, seconds: Int) {
        var pacing = ProbePacing()
        pacing.jitter = { factor }
        let pause = pacing.pause(after: outcome)
        #expect(abs((pause - .seconds(seconds)) / .milliseconds(1)) < 1)
    }

    @Test("The API server's word on webhooks that lose its packets is waited for, and counts as our own fault")
    func webhooksThatLosePackets() {
        // timeoutSeconds of both entries in deploy/webhook/base.
        let timeouts = Duration.seconds(5) * 2
        #expect(ProbePacing().limit >= timeouts + .seconds(2))
        #expect(ProbePacing().limit < .seconds(15), "the client hangs up then")
        let words = #"failed calling webhook "pods.polypod.dev": failed to call webhook: context deadline exceeded"#
        let error = KubernetesAPIError(.refused, "no", serverMessage: words)
        #expect(ProbeOutcome(.failure(error)).isOwnFault)
    }

    @Test func asksARealServer() async throws {
        try await LoopbackAPIServer.with { request in
            guard request.line.hasPrefix("POST") else {
                return (200, ["subsets": [["addresses": [["targetRef": ["name": "other"]]]]]])
            }
            let words = #"admission webhook "pods.polypod.dev" denied the request: x [exec-probe]"#
            return (403, ["kind": "Status", "reason": "Forbidden", "message": .string(words)])
        } _: { client, seen in
            let (outcomes, outcome) = AsyncStream.makeStream(of: ProbeOutcome.self)
            let endpoints = WebhookEndpoints(instance: "me")
            let proof = WebhookProbe(
                calls: WebhookProbe.Calls(client: client, endpoints: endpoints),
                logger: Self.logger,
                metrics: Self.metrics,
                pacing: ProbePacing(first: .zero),
                onOutcome: { outcome.yield($0) }
            )
            await withTaskGroup(of: Void.self) { group in
                group.addTask { try? await proof.run() }
                for await first in outcomes {
                    #expect(first == .proven)
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

@Suite("Endpoints of the webhooks")
struct WebhookEndpointsTests {
    @Test(arguments: [
        (#"{}"#, false, "no addresses at all"),
        (#"{"subsets":[{"addresses":[{"targetRef":{"name":"me"}}]}]}"#, false, "this replica alone"),
        (#"{"subsets":[{"notReadyAddresses":[{"targetRef":{"name":"other"}}]}]}"#, false, "another that is not ready"),
        (#"{"subsets":[{"addresses":[{"targetRef":{"name":"me"}},{"targetRef":{"name":"other"}}]}]}"#, true, "another"),
        (#"{"subsets":[{"addresses":[]},{"addresses":[{"ip":"10.0.0.1"}]}]}"#, true, "an address written by hand"),
    ])
    func others(endpoints: String, haveOthers: Bool, why: String) throws {
        let document = try JSONParser.parse(endpoints)
        #expect(WebhookEndpoints(instance: "me").haveOthers(in: document) == haveOthers, "\(why)")
    }
}
