import Basics
import PodAdmission
import Synchronization

/// The gates of all registries, by host and port.
final class RegistryGates: Sendable {
    /// The number of idle gates to keep, bounded because any user can create Pods that name new registries.
    private static let kept = 512

    private let limits: RegistryGate.Limits
    private let now: @Sendable () -> ContinuousClock.Instant
    private let gates = Mutex<[Origin: RegistryGate]>([:])

    init(limits: RegistryGate.Limits, now: @escaping @Sendable () -> ContinuousClock.Instant) {
        self.limits = limits
        self.now = now
    }

    /// Waits for the gate of `registry`, runs `body`, and reports the outcome to the gate.
    ///
    /// - Throws: ``RegistryFailure`` of `body`, or the refusal of the gate: `overloaded`, `rate-limited`,
    ///   `registry-error`, or `deadline` if the task is cancelled while it waits.
    func pass<Result: Sendable>(
        _ registry: Origin,
        _ body: () async throws(RegistryFailure) -> Result
    ) async throws(RegistryFailure) -> Result {
        try await enter(registry)
        do throws(RegistryFailure) {
            let result = try await body()
            leave(registry, .answered, retryAfter: nil)
            return result
        } catch {
            leave(registry, error.isOutage ? .outage : .answered, retryAfter: error.retryAfter)
            throw error
        }
    }

    private func enter(_ registry: Origin) async throws(RegistryFailure) {
        let now = now()
        let entry = gates.withLock { gates in
            if gates.count >= Self.kept, gates[registry] == nil {
                gates = gates.filter { !$0.value.isIdle(at: now) }
            }
            return gates[registry, default: RegistryGate(host: registry.host, limits: limits)].enter(at: now)
        }
        switch entry {
        case .go: return
        case .refused(let failure): throw failure
        case .wait(let ticket):
            if let refusal = await ticket.value() {
                if let refusal { throw refusal }
                return
            }
            let wasLetIn = gates.withLock { $0[registry]?.giveUp(ticket) ?? false }
            if wasLetIn { leave(registry, .neutral, retryAfter: nil) }
            throw RegistryFailure(.deadline, "\(registry.host): waited too long behind other look-ups")
        }
    }

    private func leave(_ registry: Origin, _ outcome: RegistryGate.Outcome, retryAfter: Duration?) {
        let now = now()
        let told = gates.withLock { gates in
            gates[registry]?.leave(outcome, retryAfter: retryAfter, at: now) ?? []
        }
        for (ticket, failure) in told { ticket.fulfill(failure) }
    }
}
