import Testing

@testable import ClusterControllers

@Suite("The budget of the failure policy")
struct FailurePolicyBudgetTests {
    /// `P` is a proof, `F` a failure of the webhooks, `-` an outcome that says nothing of them; one each 30 seconds.
    static func run(_ script: String, _ budget: inout FailurePolicyBudget, at now: inout ContinuousClock.Instant) {
        for letter in script {
            let outcome: ProbeOutcome = letter == "P" ? .proven : letter == "F" ? .webhookUnreachable : .unreachable
            budget.record(outcome, at: now)
            now += .seconds(30)
        }
    }

    @Test(
        arguments: [
            ("", nil, "no opinion"), ("PP", nil, "two proofs are not enough"), ("PPP", .fail, "three are"),
            ("PPFPP", nil, "in a row"), ("PP-PP", nil, "without a gap"),
            ("PPP-----", .fail, "others' trouble counts for nothing"),
            ("PPPFF", .fail, "two failures are allowed"), ("PPPFFF", .ignore, "three in a row are not"),
            ("PPPF-F-F", .ignore, "an API server that is away for a moment makes no pause"),
            ("PPPFFPFFPF", .fail, "five in ten minutes"), ("PPPFFPFFPFF", .ignore, "six are too many"),
            ("FFF", .ignore, "what an earlier leader set is taken back"),
            ("PPPFFFPPPPPPPPPPPPPPPPPPPP", .ignore, "it is not tried again at once"),
            ("PPPFFFPPPPPPPPPPPPPPPPPPPPP", .fail, "but after ten minutes of proofs"),
            ("PPPFFFPPPPPPPPPPPPPPPPPPPP-PPP", .ignore, "without a gap"),
        ] as [(String, FailurePolicy?, String)]
    )
    func wants(script: String, policy: FailurePolicy?, why: String) {
        var budget = FailurePolicyBudget()
        var now = ContinuousClock.now
        Self.run(script, &budget, at: &now)
        #expect(budget.wanted == policy, "\(why)")
    }

    @Test func oldFailuresAreForgotten() {
        var budget = FailurePolicyBudget()
        var now = ContinuousClock.now
        Self.run("PPP" + String(repeating: "FPPP", count: 40), &budget, at: &now)
        #expect(budget.wanted == .fail, "one in two minutes is five in ten")
    }

    @Test func eachWayBackMakesTheWaitLonger() {
        var budget = FailurePolicyBudget()
        var now = ContinuousClock.now
        Self.run("PPP", &budget, at: &now)
        for minutes in [10, 20, 40, 80, 120, 120] {
            Self.run("FFF" + String(repeating: "P", count: minutes * 2), &budget, at: &now)
            #expect(budget.wanted == .ignore, "not before \(minutes) minutes")
            Self.run("P", &budget, at: &now)
            #expect(budget.wanted == .fail, "after \(minutes) minutes")
        }
        Self.run(String(repeating: "P", count: 240), &budget, at: &now)
        Self.run("FFF" + String(repeating: "P", count: 21), &budget, at: &now)
        #expect(budget.wanted == .fail, "after two hours of peace the wait begins anew")
    }
}
