/// When the failure policy may be Fail, from the outcomes of proofs: slowly there, quickly back.
struct FailurePolicyBudget: Sendable {
    /// How many proofs in a row it takes.
    static let proofs = 3
    /// How many failures in a row end it.
    static let failuresInARow = 3
    /// How many failures within ``window`` are allowed.
    static let failuresInWindow = 5
    /// What failures are counted in.
    static let window = Duration.seconds(600)
    /// For how long proofs have to go on without a gap after a way back, and how long that may become.
    static let firstHold = Duration.seconds(600)
    static let longestHold = Duration.seconds(7200)

    /// What the policy should be; nil before anything speaks for either.
    private(set) var wanted: FailurePolicy?
    private var proofsInARow = 0
    private var provenSince: ContinuousClock.Instant?
    private var failuresInARow = 0
    private var failures: [ContinuousClock.Instant] = []
    private var hold = Duration.zero
    private var failSince: ContinuousClock.Instant?

    /// Takes an outcome in.
    mutating func record(_ outcome: ProbeOutcome, at now: ContinuousClock.Instant) {
        if outcome == .proven {
            proven(at: now)
        } else {
            proofsInARow = 0
            provenSince = nil
            if outcome.isOwnFault { failed(at: now) }
        }
    }

    private mutating func proven(at now: ContinuousClock.Instant) {
        failuresInARow = 0
        proofsInARow += 1
        let since = provenSince ?? now
        provenSince = since
        if wanted != .fail, proofsInARow >= Self.proofs, now - since >= hold {
            wanted = .fail
            failSince = now
            failures = []
        }
    }

    private mutating func failed(at now: ContinuousClock.Instant) {
        failuresInARow += 1
        failures = failures.filter { now - $0 < Self.window } + [now]
        guard failuresInARow >= Self.failuresInARow || failures.count > Self.failuresInWindow else { return }
        // Without an opinion yet, this may be the way back from what an earlier leader set.
        if wanted != .ignore { lengthenHold(at: now) }
        wanted = .ignore
        // More than these are never asked about, however long an outage is.
        failures = failures.suffix(Self.failuresInWindow + 1)
    }

    /// Each way back makes the next wait longer; after a time of peace as long as the longest wait it begins anew.
    private mutating func lengthenHold(at now: ContinuousClock.Instant) {
        let hadPeace = failSince.map { now - $0 >= Self.longestHold } ?? false
        hold = hold == .zero || hadPeace ? Self.firstHold : min(hold * 2, Self.longestHold)
        failSince = nil
    }
}
