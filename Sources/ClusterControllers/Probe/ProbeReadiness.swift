/// Whether a replica should wait with being ready until the webhooks have proven themselves.
///
/// It keeps a roll-out from going on over replicas that the API server cannot use, and must never make an outage: not
/// of the first replica, which nobody can reach before it is ready, not for what is wrong elsewhere, not for long, and
/// never again after one proof.
struct ProbeReadiness: Sendable {
    /// For how long a replica waits at most.
    static let longestWait = Duration.seconds(120)

    private let start: ContinuousClock.Instant
    private var isProven = false
    private var hasOthers: Bool?
    private var last: ProbeOutcome?

    /// A replica that started at `start`.
    init(start: ContinuousClock.Instant) {
        self.start = start
    }

    /// Whether an outcome can still change anything at `now`.
    func isOpen(at now: ContinuousClock.Instant) -> Bool { !isProven && now - start < Self.longestWait }

    /// Other replicas are, or are not, there to answer; what cannot be told counts as not.
    mutating func learn(hasOthers: Bool) { self.hasOthers = hasOthers }

    /// A proof was tried.
    mutating func record(_ outcome: ProbeOutcome) {
        last = outcome
        if outcome == .proven { isProven = true }
    }

    /// Why the replica waits; nil where it does not.
    func notReadyReason(at now: ContinuousClock.Instant) -> String? {
        guard isOpen(at: now), hasOthers ?? true else { return nil }
        guard let last else { return "the self-proof has not been tried yet" }
        return last.isOwnFault ? "no self-proof: \(last.explanation)" : nil
    }
}
