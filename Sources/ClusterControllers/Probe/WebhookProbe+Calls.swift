import KubernetesAPI

extension WebhookProbe {
    /// What is asked of the API server.
    struct Calls: Sendable {
        /// Sends the Pod as a dry run.
        var probe: @Sendable () async throws(KubernetesAPIError) -> KubernetesResponse
        /// Whether other replicas are ready.
        var hasOthers: @Sendable () async throws(KubernetesAPIError) -> Bool
    }
}

extension WebhookProbe.Calls {
    init(client: KubernetesClient, endpoints: WebhookEndpoints) {
        self.init(
            probe: { () throws(KubernetesAPIError) in
                try await client.create(ProbePod.object, as: .pods, namespace: ProbePod.namespace, dryRun: true)
            },
            hasOthers: { () throws(KubernetesAPIError) in
                endpoints.haveOthers(in: try await client.get(endpoints.path))
            }
        )
    }
}
