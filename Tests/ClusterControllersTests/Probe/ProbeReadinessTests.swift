import Testing

@testable import ClusterControllers

@Suite("Readiness by self-proof")
struct ProbeReadinessTests {
    struct Row: Sendable {
        var hasOthers: Bool?
        var outcomes: [ProbeOutcome] = []
        var seconds = 10
        var waits: Bool
        var why: String
    }

    @Test(arguments: [
        Row(waits: true, why: "nothing is known yet"),
        Row(seconds: 120, waits: false, why: "but not for long"),
        Row(hasOthers: false, waits: false, why: "the first replica of all"),
        Row(hasOthers: true, waits: true, why: "others answer meanwhile"),
        Row(hasOthers: true, outcomes: [.proven], waits: false, why: "proven"),
        Row(
            hasOthers: true,
            outcomes: [.proven, .webhookUnreachable],
            waits: false,
            why: "never again after one proof"
        ),
        Row(hasOthers: true, outcomes: [.notMutated], waits: true, why: "not mutated"),
        Row(hasOthers: true, outcomes: [.notValidated(mutated: true)], waits: true, why: "not validated"),
        Row(hasOthers: true, outcomes: [.notValidated(mutated: false)], waits: true, why: "passed over"),
        Row(hasOthers: true, outcomes: [.webhookUnreachable], waits: true, why: "not reached"),
        Row(hasOthers: true, outcomes: [.webhookUnreachable], seconds: 119, waits: true, why: "just before the end"),
        Row(
            hasOthers: true,
            outcomes: [.webhookUnreachable],
            seconds: 120,
            waits: false,
            why: "a fault must not be an outage"
        ),
        Row(
            hasOthers: false,
            outcomes: [.webhookUnreachable],
            waits: false,
            why: "nobody can reach it before it is ready"
        ),
        Row(hasOthers: true, outcomes: [.cannotAsk], waits: false, why: "misconfigured, which waiting does not mend"),
        Row(hasOthers: true, outcomes: [.unreachable], waits: false, why: "the API server's trouble"),
        Row(hasOthers: true, outcomes: [.refusedByOthers], waits: false, why: "somebody else's refusal"),
    ])
    func notReadyReason(row: Row) {
        let start = ContinuousClock.now
        var readiness = ProbeReadiness(start: start)
        if let hasOthers = row.hasOthers { readiness.learn(hasOthers: hasOthers) }
        for outcome in row.outcomes { readiness.record(outcome) }
        #expect((readiness.notReadyReason(at: start + .seconds(row.seconds)) != nil) == row.waits, "\(row.why)")
    }
}
