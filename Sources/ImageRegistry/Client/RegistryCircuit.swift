import PodAdmission

/// Stops look-ups for a while after failures in a row: a state machine without its own clock.
///
/// After some outages in a row it opens for a pause, and then lets one look-up try. It also opens for the time that the
/// registry asks for with `Retry-After`.
struct RegistryCircuit: Sendable {
    /// The outcome of a look-up, as far as it shows the state of what the circuit protects.
    enum Outcome: Sendable {
        /// There was a response, with any status but a server error.
        case answered
        /// There was none, or a server error.
        case outage
        /// The look-up shows nothing.
        case neutral
    }

    /// The settings of all circuits.
    struct Limits: Sendable {
        /// The number of outages in a row that open the circuit.
        var outages = 5
        /// How long the circuit stays open before one look-up tries again.
        var pause = Duration.seconds(30)
    }

    private let host: String
    private let limits: Limits
    private var outages = 0
    /// When the pause after outages ends and one look-up may try; nil if there is no pause.
    private var pausedUntil: ContinuousClock.Instant?
    private var isTrying = false
    /// When the time of `Retry-After` ends.
    private var quietUntil: ContinuousClock.Instant?

    init(host: String, limits: Limits) {
        self.host = host
        self.limits = limits
    }

    /// Whether every look-up may start, so that nothing of the state is of use.
    func isClosed(at now: ContinuousClock.Instant) -> Bool {
        (pausedUntil ?? now) <= now && (quietUntil ?? now) <= now
    }

    /// Whether only one look-up at a time may start, to try.
    var isPaused: Bool { pausedUntil != nil }

    /// Lets a look-up start.
    ///
    /// - Returns: Why it must not; nil if it may.
    mutating func enter(at now: ContinuousClock.Instant) -> RegistryFailure? {
        if let failure = refusal(at: now) { return failure }
        if isPaused { isTrying = true }
        return nil
    }

    /// Notes the end of a look-up.
    ///
    /// - Parameters:
    ///   - outcome: The outcome of the look-up.
    ///   - retryAfter: How long the registry asks for no requests; nil if it does not.
    ///   - now: The time.
    mutating func leave(_ outcome: Outcome, retryAfter: Duration?, at now: ContinuousClock.Instant) {
        switch outcome {
        case .answered:
            outages = 0
            pausedUntil = nil
        case .outage:
            outages += 1
            if outages >= limits.outages || isTrying { pausedUntil = now + limits.pause }
        case .neutral: break
        }
        isTrying = false
        if let retryAfter { quietUntil = max(quietUntil ?? now, now + retryAfter) }
    }

    /// Why no look-up may start now; nil if one may.
    func refusal(at now: ContinuousClock.Instant) -> RegistryFailure? {
        if let quietUntil, quietUntil > now {
            return RegistryFailure(.rateLimited, "\(host): the registry asked for a pause (429 or Retry-After)")
        }
        guard let pausedUntil, pausedUntil > now || isTrying else { return nil }
        return RegistryFailure(.registryError, "\(host): failed several times, the next try follows after a pause")
    }
}
