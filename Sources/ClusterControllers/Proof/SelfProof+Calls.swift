import KubernetesAPI

extension SelfProof {
    /// What is asked of the API server.
    struct Calls: Sendable {
        /// Sends the Pod as a dry run.
        var probe: @Sendable () async throws(KubernetesAPIError) -> KubernetesReply
        /// Whether other replicas are ready.
        var hasOthers: @Sendable () async throws(KubernetesAPIError) -> Bool
    }
}

extension SelfProof.Calls {
    init(client: KubernetesClient, endpoints: WebhookEndpoints) {
        self.init(
            probe: { () throws(KubernetesAPIError) in
                try await client.create(ProofPod.object, as: .pods, namespace: ProofPod.namespace, dryRun: true)
            },
            hasOthers: { () throws(KubernetesAPIError) in
                endpoints.haveOthers(in: try await client.get(endpoints.path))
            }
        )
    }
}
