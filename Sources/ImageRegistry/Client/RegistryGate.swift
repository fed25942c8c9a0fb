import Basics
import PodAdmission

/// Limits the look-ups at one registry: a state machine without its own clock and tasks.
///
/// The number of look-ups at once is limited, and so is the queue behind them. Each namespace has its share of both, so
/// that one namespace cannot keep the others waiting. The gate closes while connections to the registry fail.
struct RegistryGate {
    /// The reply to a look-up that enters.
    enum Entry: Sendable {
        /// It may start, and must leave at its end.
        case go
        /// It must wait for its ticket, which contains nil or the refusal; `displaced` gives up its place in the queue.
        case wait(Ticket, displaced: Ticket?)
        /// It must not start.
        case refused(RegistryFailure)
    }

    /// The settings of all gates.
    struct Limits: Sendable {
        /// The number of look-ups at once.
        var active = 8
        /// The number of look-ups in the queue.
        var waiting = 256
        /// When connection failures close the gate.
        var circuit = RegistryCircuit.Limits()
    }

    typealias Ticket = Promise<RegistryFailure?>

    private struct Waiting {
        var ticket: Ticket
        var namespace: String
    }

    private let host: String
    private let limits: Limits
    private var active: [String: Int] = [:]
    private var waiting: [Waiting] = []
    private var circuit: RegistryCircuit

    init(host: String, limits: Limits) {
        self.host = host
        self.limits = limits
        circuit = RegistryCircuit(host: host, limits: limits.circuit)
    }

    private var activeCount: Int { active.values.reduce(0, +) }

    /// The refusal of a look-up whose queue is full.
    var overloaded: RegistryFailure { RegistryFailure(.overloaded, "\(host): too many look-ups at once") }

    /// Whether the gate can be removed: it is not in use and not closed.
    func isIdle(at now: ContinuousClock.Instant) -> Bool {
        active.isEmpty && waiting.isEmpty && circuit.isClosed(at: now)
    }

    /// Admits, queues or refuses a look-up for a Pod in `namespace`.
    ///
    /// If the queue is full, a look-up of a namespace with fewer places displaces the last one of the namespace with
    /// the most.
    mutating func enter(_ namespace: String, at now: ContinuousClock.Instant) -> Entry {
        if let failure = circuit.enter(at: now) { return .refused(failure) }
        if circuit.isPaused || activeCount < limits.active {
            active[namespace, default: 0] += 1
            return .go
        }
        var displaced: Ticket?
        if waiting.count >= limits.waiting {
            guard let index = lastOfLargestShare(over: namespace) else { return .refused(overloaded) }
            displaced = waiting.remove(at: index).ticket
        }
        let ticket = Ticket()
        waiting.append(Waiting(ticket: ticket, namespace: namespace))
        return .wait(ticket, displaced: displaced)
    }

    /// The last place in the queue of the namespace with the most; nil if `namespace` would then have as many.
    private func lastOfLargestShare(over namespace: String) -> Int? {
        let shares = Dictionary(waiting.map { ($0.namespace, 1) }, uniquingKeysWith: +)
        guard let largest = shares.max(by: { ($0.value, $0.key) < ($1.value, $1.key) }),
            largest.value > shares[namespace, default: 0] + 1
        else { return nil }
        return waiting.lastIndex { $0.namespace == largest.key }
    }

    /// Removes a look-up from the queue.
    ///
    /// - Returns: Whether the look-up was already admitted, and so must leave.
    mutating func giveUp(_ ticket: Ticket) -> Bool {
        guard let index = waiting.firstIndex(where: { $0.ticket === ticket }) else { return true }
        waiting.remove(at: index)
        return false
    }

    /// Ends a look-up for a Pod in `namespace`, and admits the next ones of the queue.
    ///
    /// - Returns: The tickets to fulfill, with nil for admission or with a refusal.
    mutating func leave(
        _ namespace: String,
        _ outcome: RegistryCircuit.Outcome,
        at now: ContinuousClock.Instant
    ) -> [(Ticket, RegistryFailure?)] {
        active[namespace, default: 1] -= 1
        if active[namespace] == 0 { active[namespace] = nil }
        circuit.leave(outcome, retryAfter: nil, at: now)
        if let failure = circuit.refusal(at: now) {
            defer { waiting = [] }
            return waiting.map { ($0.ticket, failure) }
        }
        var admitted: [(Ticket, RegistryFailure?)] = []
        while activeCount < limits.active, let index = nextInQueue() {
            let next = waiting.remove(at: index)
            active[next.namespace, default: 0] += 1
            admitted.append((next.ticket, nil))
        }
        return admitted
    }

    /// The first in the queue of the namespace with the fewest look-ups under way.
    private func nextInQueue() -> Int? {
        waiting.indices.min { (active[waiting[$0].namespace] ?? 0, $0) < (active[waiting[$1].namespace] ?? 0, $1) }
    }
}
