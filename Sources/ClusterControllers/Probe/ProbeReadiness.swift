/// Decides whether a replica stays not ready until a probe of the webhooks has succeeded.
///
/// It stops a rollout whose new replicas the API server cannot use. It must never cause an outage, so it does not hold
/// back the first replica, which the API server cannot reach before it is ready; it does not react to faults outside
/// the webhooks; it ends after two minutes; and it does not start again after one success.
struct ProbeReadiness: Sendable {
    /// How long a replica waits at most.
    static let longestWait = Duration.seconds(120)

    /// Whether other replicas are ready to answer; nil until it is known.
    var hasOthers: Bool?

    private let start: ContinuousClock.Instant
    private var hasSucceeded = false
    private var last: ProbeOutcome?

    /// Creates the state of a replica that started at `start`.
    init(start: ContinuousClock.Instant) {
        self.start = start
    }

    /// Whether another outcome can still change the readiness at `now`.
    func isOpen(at now: ContinuousClock.Instant) -> Bool { !hasSucceeded && now - start < Self.longestWait }

    /// Notes the outcome of a probe.
    mutating func record(_ outcome: ProbeOutcome) {
        last = outcome
        if outcome == .succeeded { hasSucceeded = true }
    }

    /// Why the replica is not ready at `now`; nil if this does not hold it back.
    func notReadyReason(at now: ContinuousClock.Instant) -> String? {
        guard isOpen(at: now), hasOthers ?? true else { return nil }
        guard let last else { return "the self-proof has not run yet" }
        return last.isOwnFault ? "the self-proof failed: \(last.explanation)" : nil
    }
}
