import Basics
import PodAdmission

/// How much is asked of one registry, and when nothing is: a state machine without a clock or tasks of its own.
///
/// At most so many look-ups at once, a bounded queue behind them; after a row of outages none for a while, then one to
/// try; none either until the time that the registry itself asked for (`Retry-After`).
struct RegistryGate {
    /// What happens to a look-up that comes.
    enum Entry: Sendable {
        /// It may go on, and has to leave afterwards.
        case go
        /// It waits for its ticket to say whether it may go on.
        case wait(Ticket)
        /// It must not go on.
        case refused(RegistryFailure)
    }

    /// How a look-up went, as far as the registry is concerned.
    enum Outcome: Sendable {
        /// It was answered, whatever the answer.
        case answered
        /// The registry was not there, or failed.
        case outage
        /// It never came to ask, or was cut off for reasons of our own.
        case neutral
    }

    /// The settings of all gates.
    struct Limits: Sendable {
        /// How many look-ups are under way at once.
        var active = 8
        /// How many wait for one of those to end.
        var waiting = 256
        /// How many outages in a row open the circuit.
        var outages = 5
        /// How long it stays open before one look-up tries again.
        var pause = Duration.seconds(30)
    }

    typealias Ticket = Promise<RegistryFailure?>

    private let host: String
    private let limits: Limits
    private var active = 0
    private var waiting: [Ticket] = []
    private var outages = 0
    private var openUntil: ContinuousClock.Instant?
    private var isTrying = false
    private var quietUntil: ContinuousClock.Instant?

    init(host: String, limits: Limits) {
        self.host = host
        self.limits = limits
    }

    /// Whether nothing would be lost by forgetting this gate.
    func isIdle(at now: ContinuousClock.Instant) -> Bool {
        active == 0 && waiting.isEmpty && (openUntil ?? now) <= now && (quietUntil ?? now) <= now
    }

    /// A look-up comes.
    mutating func enter(at now: ContinuousClock.Instant) -> Entry {
        if let failure = closed(at: now) { return .refused(failure) }
        if openUntil != nil {
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

    /// A look-up that waits is given up.
    ///
    /// - Returns: Whether it was let in meanwhile, and so has to leave.
    mutating func giveUp(_ ticket: Ticket) -> Bool {
        guard let index = waiting.firstIndex(where: { $0 === ticket }) else { return true }
        waiting.remove(at: index)
        return false
    }

    /// A look-up leaves.
    ///
    /// - Returns: The tickets to be told what became of them.
    mutating func leave(
        _ outcome: Outcome,
        retryAfter: Duration?,
        at now: ContinuousClock.Instant
    ) -> [(Ticket, RegistryFailure?)] {
        active -= 1
        switch outcome {
        case .answered:
            outages = 0
            openUntil = nil
            isTrying = false
        case .outage:
            outages += 1
            if outages >= limits.outages || isTrying { openUntil = now + limits.pause }
            isTrying = false
        case .neutral:
            isTrying = false
        }
        if let retryAfter { quietUntil = max(quietUntil ?? now, now + retryAfter) }
        return release(at: now)
    }

    private mutating func release(at now: ContinuousClock.Instant) -> [(Ticket, RegistryFailure?)] {
        if openUntil != nil || closed(at: now) != nil {
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
            return RegistryFailure(.rateLimited, "\(host): it asked for no requests for a while")
        }
        if let openUntil, openUntil > now || isTrying { return outage }
        return nil
    }

    private var outage: RegistryFailure {
        RegistryFailure(.registryError, "\(host): failed again and again, left alone for a while")
    }
}
