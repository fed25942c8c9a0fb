import Basics
import JSON
import KubernetesAPI
import Logging
import PodAdmission
import Synchronization

extension EventRecorder {
    /// Writes one Event when its turn comes, or counts why it was not written.
    func write(_ event: KubernetesEvent) async {
        let step = correlator.withLock { $0.step(for: event, at: clock.now()) }
        guard step != .drop else { return metrics.count(.limited) }
        do {
            try await waitForTurn()
        } catch {
            return metrics.count(.dropped)
        }
        do throws(KubernetesAPIError) {
            metrics.count(try await send(event, step))
        } catch {
            metrics.count(.failed)
            logger.debug(
                "an Event was not taken",
                metadata: ["reason": "\(event.reason.rawValue)", "error": "\(error)"]
            )
        }
    }

    private func waitForTurn() async throws {
        while true {
            let wait = rate.withLock { rate -> Duration in
                let now = clock.now()
                return rate.take(at: now) ? .zero : rate.wait(at: now)
            }
            guard wait > .zero else { return }
            try await clock.sleep(wait)
        }
    }

    private func send(
        _ event: KubernetesEvent,
        _ step: EventCorrelator.Step
    ) async throws(KubernetesAPIError) -> EventMetrics.Result {
        if case .count(let name, let count) = step {
            let path = ObjectPath(.events, namespace: event.namespace, name: name)
            let time = Timestamp(seconds: clock.unixTime()).text(.seconds)
            do throws(KubernetesAPIError) {
                _ = try await client.patch(
                    path,
                    .merge(["count": .number(String(count)), "lastTimestamp": .string(time)])
                )
                keep(event, name: name, count: count)
                return .counted
            } catch  where error.code == .notFound {
                // The API server forgets Events after an hour, or somebody deleted it.
                correlator.withLock { $0.forget(event) }
            }
        }
        let name = event.newName()
        let object = event.object(named: name, at: clock.unixTime(), instance: instance)
        _ = try await client.create(object, as: .events, namespace: event.namespace)
        keep(event, name: name, count: 1)
        return .created
    }

    private func keep(_ event: KubernetesEvent, name: String, count: Int) {
        let now = clock.now()
        correlator.withLock { $0.keep(event, as: EventCorrelator.Series(name: name, count: count, last: now)) }
    }
}
