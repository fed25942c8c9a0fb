import Basics
import PodAdmission
import Synchronization

/// The gates of all registries, and the circuits of their repositories.
///
/// A gate belongs to a host and port: it limits the look-ups there, and closes when connections fail. A circuit belongs
/// to a repository and the credentials: any user can name a repository that fails or asks for a pause, and that must
/// not stop look-ups for other users of the same registry.
final class RegistryGates: Sendable {
    /// What passes a gate.
    struct Visit: Sendable {
        var registry: Origin
        var repository: String
        /// The fingerprints of the credentials to try; empty for an anonymous request.
        var credentials: String
        /// The namespace of the Pod; empty for the operator's own questions.
        var namespace: String

        fileprivate var scope: Scope { Scope(registry: registry, repository: repository, credentials: credentials) }
    }

    fileprivate struct Scope: Sendable, Hashable {
        var registry: Origin
        var repository: String
        var credentials: String
    }

    private struct State {
        var gates: [Origin: RegistryGate] = [:]
        var circuits = LRU<Scope, RegistryCircuit>(entries: 2048)
    }

    /// The number of idle gates to keep, bounded because any user can create Pods that name new registries.
    private static let kept = 512

    private let limits: RegistryGate.Limits
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state = Mutex(State())

    init(limits: RegistryGate.Limits, now: @escaping @Sendable () -> ContinuousClock.Instant) {
        self.limits = limits
        self.now = now
    }

    /// Waits for the gate of the registry, runs `body`, and reports the outcome to the gate and the circuit.
    ///
    /// - Throws: ``RegistryFailure`` of `body`, or the refusal of the gate or the circuit: `overloaded`,
    ///   `rate-limited`, `registry-error`, or `deadline` if the task is cancelled while it waits.
    func pass<Result: Sendable>(
        _ visit: Visit,
        _ body: () async throws(RegistryFailure) -> Result
    ) async throws(RegistryFailure) -> Result {
        try await enter(visit)
        if let refusal = update(visit, { $0.enter(at: $1) }) {
            leave(visit, .neutral)
            throw refusal
        }
        do throws(RegistryFailure) {
            let result = try await body()
            update(visit) { $0.leave(.answered, retryAfter: nil, at: $1) }
            leave(visit, .answered)
            return result
        } catch {
            let outcome: RegistryCircuit.Outcome =
                if error.isConnectionFailure { .neutral } else if error.isOutage { .outage } else { .answered }
            update(visit) { $0.leave(outcome, retryAfter: error.retryAfter, at: $1) }
            // A response that takes too long shows nothing about the other repositories of the registry.
            leave(visit, error.isConnectionFailure ? .outage : error.code == .deadline ? .neutral : .answered)
            throw error
        }
    }

    private func update<Result: Sendable>(
        _ visit: Visit,
        _ change: (inout RegistryCircuit, ContinuousClock.Instant) -> Result
    ) -> Result {
        let now = now()
        return state.withLock { state in
            var circuit =
                state.circuits.value(for: visit.scope)
                ?? RegistryCircuit(host: visit.registry.host, limits: limits.circuit)
            defer { state.circuits.insert(circuit, for: visit.scope) }
            return change(&circuit, now)
        }
    }

    private func enter(_ visit: Visit) async throws(RegistryFailure) {
        let now = now()
        let (entry, overloaded) = state.withLock { state in
            if state.gates.count >= Self.kept, state.gates[visit.registry] == nil {
                state.gates = state.gates.filter { !$0.value.isIdle(at: now) }
            }
            var gate = state.gates[visit.registry] ?? RegistryGate(host: visit.registry.host, limits: limits)
            defer { state.gates[visit.registry] = gate }
            return (gate.enter(visit.namespace, at: now), gate.overloaded)
        }
        switch entry {
        case .go: return
        case .refused(let failure): throw failure
        case .wait(let ticket, let displaced):
            displaced?.fulfill(overloaded)
            if let refusal = await ticket.value() {
                if let refusal { throw refusal }
                return
            }
            let wasLetIn = state.withLock { $0.gates[visit.registry]?.giveUp(ticket) ?? false }
            if wasLetIn { leave(visit, .neutral) }
            throw RegistryFailure(.deadline, "\(visit.registry.host): waited too long behind other look-ups")
        }
    }

    private func leave(_ visit: Visit, _ outcome: RegistryCircuit.Outcome) {
        let now = now()
        let told = state.withLock { state in
            state.gates[visit.registry]?.leave(visit.namespace, outcome, at: now) ?? []
        }
        for (ticket, failure) in told { ticket.fulfill(failure) }
    }
}
