import JSON
import KubernetesAPI
import Logging
import PodAdmission
import Synchronization

extension FailurePolicyController {
    /// What is asked of the API server.
    struct Calls: Sendable {
        /// The validating webhook configuration.
        var configuration: @Sendable () async throws(KubernetesAPIError) -> JSONValue
        /// Changes it.
        var patch: @Sendable ([JSONValue]) async throws(KubernetesAPIError) -> Void
        /// Whether other replicas are ready.
        var hasOthers: @Sendable () async throws(KubernetesAPIError) -> Bool
    }

    /// Writes the policy where the configuration says another.
    ///
    /// - Returns: Whether the configuration says it now.
    func set(_ wanted: FailurePolicy, because reason: String) async -> Bool {
        do throws(KubernetesAPIError) {
            let configuration = try await calls.configuration()
            guard let current = FailurePolicy(of: ProbeOutcome.webhook, in: configuration),
                let patch = wanted.patch(ProbeOutcome.webhook, in: configuration)
            else { throw KubernetesAPIError(.notFound, "the configuration has no entry \(ProbeOutcome.webhook)") }
            if current != wanted {
                try await calls.patch(patch)
                metrics.recordChange(to: wanted)
                logger.notice(
                    "failure policy changed",
                    metadata: ["from": "\(current.rawValue)", "to": "\(wanted.rawValue)", "because": "\(reason)"]
                )
            }
            metrics.record(wanted)
            lastError.withLock { $0 = nil }
            return true
        } catch {
            // It is tried again at every outcome; one line for each new trouble is enough.
            let isNew = lastError.withLock { last in
                defer { last = error.code }
                return last != error.code
            }
            if isNew { logger.warning("failure policy not set", metadata: ["error": "\(error)"]) }
            return false
        }
    }
}

extension FailurePolicyController.Calls {
    init(client: KubernetesClient, endpoints: WebhookEndpoints, configuration: String) {
        let path = ObjectPath(.validatingWebhookConfigurations, name: configuration)
        self.init(
            configuration: { () throws(KubernetesAPIError) in try await client.get(path) },
            patch: { operations throws(KubernetesAPIError) in _ = try await client.patch(path, .json(operations)) },
            hasOthers: { () throws(KubernetesAPIError) in
                endpoints.haveOthers(in: try await client.get(endpoints.path))
            }
        )
    }
}
