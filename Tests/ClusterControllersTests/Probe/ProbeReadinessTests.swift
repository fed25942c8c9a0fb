import Testing

@testable import ClusterControllers

@Suite("Readiness by probe")
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
        Row(seconds: 120, waits: false, why: "nothing is known, but the wait is over"),
        Row(hasOthers: false, waits: false, why: "the first replica"),
        Row(hasOthers: true, waits: true, why: "other replicas answer meanwhile"),
        Row(hasOthers: true, outcomes: [.succeeded], waits: false, why: "a success"),
        Row(
            hasOthers: true,
            outcomes: [.succeeded, .webhookUnreachable],
            waits: false,
            why: "a fault after a success"
        ),
        Row(hasOthers: true, outcomes: [.notMutated], waits: true, why: "not mutated"),
        Row(hasOthers: true, outcomes: [.notValidated(mutated: true)], waits: true, why: "not validated"),
        Row(hasOthers: true, outcomes: [.notValidated(mutated: false)], waits: true, why: "both webhooks skipped"),
        Row(hasOthers: true, outcomes: [.webhookUnreachable], waits: true, why: "unreachable"),
        Row(
            hasOthers: true,
            outcomes: [.webhookUnreachable],
            seconds: 119,
            waits: true,
            why: "unreachable, just before the wait is over"
        ),
        Row(
            hasOthers: true,
            outcomes: [.webhookUnreachable],
            seconds: 120,
            waits: false,
            why: "unreachable, but the wait is over"
        ),
        Row(
            hasOthers: false,
            outcomes: [.webhookUnreachable],
            waits: false,
            why: "unreachable, since the only replica is not ready"
        ),
        Row(hasOthers: true, outcomes: [.cannotAsk], waits: false, why: "misconfigured, which waiting does not fix"),
        Row(hasOthers: true, outcomes: [.unreachable], waits: false, why: "a fault of the API server"),
        Row(hasOthers: true, outcomes: [.refusedByOthers], waits: false, why: "a refusal by another policy"),
    ])
    func notReadyReason(row: Row) {
        let start = ContinuousClock.now
        var readiness = ProbeReadiness(start: start)
        readiness.hasOthers = row.hasOthers
        for outcome in row.outcomes { readiness.record(outcome) }
        #expect((readiness.notReadyReason(at: start + .seconds(row.seconds)) != nil) == row.waits, "\(row.why)")
    }
}
