import Basics
import PodAdmission

/// Limits the look-ups at one registry: a state machine without its own clock and tasks.
///
/// The number of look-ups at once is limited, and so is the queue behind them. After some outages in a row the gate
/// closes for a pause, and then lets one look-up try. It also closes for the time that the registry asks for with
/// `Retry-After`.
struct RegistryGate {
    /// The reply to a look-up that enters.
    enum Entry: Sendable {
        /// It may start, and must leave at its end.
        case go
        /// It must wait for its ticket, which contains nil or the refusal.
        case wait(Ticket)
        /// It must not start.
        case refused(RegistryFailure)
    }

    /// The outcome of a look-up, as far as it shows the state of the registry.
    enum Outcome: Sendable {
        /// The registry responded, with any status but a server error.
        case answered
        /// The registry was not reachable, or failed.
        case outage
        /// The look-up sent no request, because its caller gave up.
        case neutral
    }

    /// The settings of all gates.
    struct Limits: Sendable {
        /// The number of look-ups at once.
        var active = 8
        /// The number of look-ups in the queue.
        var waiting = 256
        /// The number of outages in a row that close the gate.
        var outages = 5
        /// How long the gate stays closed before one look-up tries again.
        var pause = Duration.seconds(30)
    }

    typealias Ticket = Promise<RegistryFailure?>

    private let host: String
    private let limits: Limits
    private var active = 0
    private var waiting: [Ticket] = []
    private var outages = 0
    /// When the pause after outages ends and one look-up may try; nil if the gate is not paused.
    private var pausedUntil: ContinuousClock.Instant?
    private var isTrying = false
    /// When the time of `Retry-After` ends.
    private var quietUntil: ContinuousClock.Instant?

    init(host: String, limits: Limits) {
        self.host = host
        self.limits = limits
    }

    /// Whether the gate can be removed: it is not in use and not closed.
    func isIdle(at now: ContinuousClock.Instant) -> Bool {
        active == 0 && waiting.isEmpty && (pausedUntil ?? now) <= now && (quietUntil ?? now) <= now
    }

    /// Admits, queues or refuses a look-up.
    mutating func enter(at now: ContinuousClock.Instant) -> Entry {
        if let failure = closed(at: now) { return .refused(failure) }
        if pausedUntil != nil {
            isTrying = true
        } else if active >= limits.active {
            guard waiting.count < limits.waiting else {
                return .refused(RegistryFailure(.overloaded, "\(host): too many look-ups at once"))
            }
            let ticket = Ticket()
            waiting.append(ticket)
            return .wait(ticket)
        }
        active += 1
        return .go
    }

    /// Removes a look-up from the queue.
    ///
    /// - Returns: Whether the look-up was already admitted, and so must leave.
    mutating func giveUp(_ ticket: Ticket) -> Bool {
        guard let index = waiting.firstIndex(where: { $0 === ticket }) else { return true }
        waiting.remove(at: index)
        return false
    }

    /// Ends a look-up and admits the next ones of the queue.
    ///
    /// - Parameters:
    ///   - outcome: The outcome of the look-up.
    ///   - retryAfter: How long the registry asks for no requests; nil if it does not.
    ///   - now: The time.
    /// - Returns: The tickets to fulfill, with nil for admission or with a refusal.
    mutating func leave(
        _ outcome: Outcome,
        retryAfter: Duration?,
        at now: ContinuousClock.Instant
    ) -> [(Ticket, RegistryFailure?)] {
        active -= 1
        switch outcome {
        case .answered:
            outages = 0
            pausedUntil = nil
            isTrying = false
        case .outage:
            outages += 1
            if outages >= limits.outages || isTrying { pausedUntil = now + limits.pause }
            isTrying = false
        case .neutral:
            isTrying = false
        }
        if let retryAfter { quietUntil = max(quietUntil ?? now, now + retryAfter) }
        return release(at: now)
    }

    private mutating func release(at now: ContinuousClock.Instant) -> [(Ticket, RegistryFailure?)] {
        if pausedUntil != nil || closed(at: now) != nil {
            let failure = closed(at: now) ?? outage
            defer { waiting = [] }
            return waiting.map { ($0, failure) }
        }
        let count = max(0, min(limits.active - active, waiting.count))
        defer { waiting.removeFirst(count) }
        active += count
        return waiting.prefix(count).map { ($0, nil) }
    }

    private func closed(at now: ContinuousClock.Instant) -> RegistryFailure? {
        if let quietUntil, quietUntil > now {
            return RegistryFailure(.rateLimited, "\(host): the registry asked for a pause (429 or Retry-After)")
        }
        if let pausedUntil, pausedUntil > now || isTrying { return outage }
        return nil
    }

    private var outage: RegistryFailure {
        RegistryFailure(.registryError, "\(host): failed several times, the next try follows after a pause")
    }
}
