import Testing

@testable import ClusterControllers

@Suite("The budget that decides the failure policy")
struct FailurePolicyBudgetTests {
    /// Records one outcome every 30 seconds: `S` is a success, `F` a fault of the webhooks, `-` an outcome that says
    /// nothing about them.
    static func run(_ script: String, _ budget: inout FailurePolicyBudget, at now: inout ContinuousClock.Instant) {
        for letter in script {
            let outcome: ProbeOutcome = letter == "S" ? .succeeded : letter == "F" ? .webhookUnreachable : .unreachable
            budget.record(outcome, at: now)
            now += .seconds(30)
        }
    }

    @Test(
        arguments: [
            ("", nil, "no outcomes, no decision"), ("SS", nil, "two successes are not enough"),
            ("SSS", .fail, "three successes are"),
            ("SSFSS", nil, "three successes, but not in a row"), ("SS-SS", nil, "three successes, but with a gap"),
            ("SSS-----", .fail, "faults elsewhere do not count"),
            ("SSSFF", .fail, "two failures in a row are allowed"),
            ("SSSFFF", .ignore, "three failures in a row are not"),
            ("SSSF-F-F", .ignore, "an outage of the API server does not interrupt a series of failures"),
            ("SSSFFSFFSF", .fail, "five failures in ten minutes are allowed"),
            ("SSSFFSFFSFF", .ignore, "six failures in ten minutes are not"),
            ("FFF", .ignore, "the Fail of an earlier leader is reverted"),
            ("SSSFFFSSSSSSSSSSSSSSSSSSSS", .ignore, "Fail does not return at once"),
            ("SSSFFFSSSSSSSSSSSSSSSSSSSSS", .fail, "Fail returns after ten minutes of successes"),
            ("SSSFFFSSSSSSSSSSSSSSSSSSSS-SSS", .ignore, "ten minutes of successes, but with a gap"),
        ] as [(String, FailurePolicy?, String)]
    )
    func wants(script: String, policy: FailurePolicy?, why: String) {
        var budget = FailurePolicyBudget()
        var now = ContinuousClock.now
        Self.run(script, &budget, at: &now)
        #expect(budget.wanted == policy, "\(why)")
    }

    @Test func oldFailuresDoNotCount() {
        var budget = FailurePolicyBudget()
        var now = ContinuousClock.now
        Self.run("SSS" + String(repeating: "FSSS", count: 40), &budget, at: &now)
        #expect(budget.wanted == .fail, "one failure in two minutes is five in ten")
    }

    @Test func eachReturnToIgnoreMakesTheWaitLonger() {
        var budget = FailurePolicyBudget()
        var now = ContinuousClock.now
        Self.run("SSS", &budget, at: &now)
        for minutes in [10, 20, 40, 80, 120, 120] {
            Self.run("FFF" + String(repeating: "S", count: minutes * 2), &budget, at: &now)
            #expect(budget.wanted == .ignore, "Fail does not return before \(minutes) minutes")
            Self.run("S", &budget, at: &now)
            #expect(budget.wanted == .fail, "Fail returns after \(minutes) minutes")
        }
        Self.run(String(repeating: "S", count: 240), &budget, at: &now)
        Self.run("FFF" + String(repeating: "S", count: 21), &budget, at: &now)
        #expect(budget.wanted == .fail, "after two hours at Fail the wait is ten minutes again")
    }
}
