/// Decides the failure policy from probe outcomes: Fail after a series of successes, Ignore after a few failures.
struct FailurePolicyBudget: Sendable {
    /// How many successes in a row are needed before Fail.
    static let requiredSuccesses = 3
    /// How many failures in a row lead back to Ignore.
    static let failuresInARow = 3
    /// How many failures are allowed within ``window``.
    static let failuresInWindow = 5
    /// The time in which ``failuresInWindow`` are counted.
    static let window = Duration.seconds(600)
    /// How long probes have to succeed without a gap after the first return to Ignore.
    static let firstHold = Duration.seconds(600)
    /// The longest that this time becomes; it doubles with each return to Ignore.
    static let longestHold = Duration.seconds(7200)

    /// The policy to set; nil until the outcomes are enough for one of them.
    private(set) var wanted: FailurePolicy?
    private var successes = 0
    private var succeedingSince: ContinuousClock.Instant?
    private var consecutiveFailures = 0
    private var failures: [ContinuousClock.Instant] = []
    private var hold = Duration.zero
    private var failSince: ContinuousClock.Instant?

    /// Counts an outcome.
    ///
    /// A fault outside the webhooks ends a series of successes and does not count as a failure.
    mutating func record(_ outcome: ProbeOutcome, at now: ContinuousClock.Instant) {
        if outcome == .succeeded {
            recordSuccess(at: now)
        } else {
            successes = 0
            succeedingSince = nil
            if outcome.isOwnFault { recordFailure(at: now) }
        }
    }

    private mutating func recordSuccess(at now: ContinuousClock.Instant) {
        consecutiveFailures = 0
        successes += 1
        let since = succeedingSince ?? now
        succeedingSince = since
        if wanted != .fail, successes >= Self.requiredSuccesses, now - since >= hold {
            wanted = .fail
            failSince = now
            failures = []
        }
    }

    private mutating func recordFailure(at now: ContinuousClock.Instant) {
        consecutiveFailures += 1
        failures = failures.filter { now - $0 < Self.window } + [now]
        guard consecutiveFailures >= Self.failuresInARow || failures.count > Self.failuresInWindow else { return }
        // Before the first decision, this may be the return from a Fail that an earlier leader set.
        if wanted != .ignore { lengthenHold(at: now) }
        wanted = .ignore
        // The count above needs no more than these, so that a long outage does not take memory.
        failures = failures.suffix(Self.failuresInWindow + 1)
    }

    /// Doubles the hold, or starts with the first one again after a Fail that lasted as long as the longest hold.
    private mutating func lengthenHold(at now: ContinuousClock.Instant) {
        let wasStable = failSince.map { now - $0 >= Self.longestHold } ?? false
        hold = hold == .zero || wasStable ? Self.firstHold : min(hold * 2, Self.longestHold)
        failSince = nil
    }
}
