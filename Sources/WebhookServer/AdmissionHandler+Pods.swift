import ImageRegistry
import JSON
import PodAdmission

extension AdmissionHandler {
    /// Decides on a Pod; nil where the request has none, or an operation that nobody knows.
    func decidePod(
        _ request: AdmissionRequest,
        labels: [String: String]?,
        stage: AdmissionStage,
        deadline: ContinuousClock.Instant
    ) async throws(FieldError) -> DecidedAdmission? {
        guard let object = request.object, let operation = AdmissionOperation(rawValue: request.operation) else {
            return nil
        }
        let pod = try Pod(object)
        var context = circumstances(of: request, labels: labels, stage: stage, operation: operation)
        context.oldPod = try request.oldObject.map { old throws(FieldError) in try Pod(old) }
        let policy = policy(for: pod, context: context)
        let images = await answers(
            for: imagesToInspect(in: pod, context: context, policy: policy),
            secrets: PullSecretsQuery(namespace: context.namespace, imagePullSecrets: pod.spec.imagePullSecrets),
            deadline: deadline
        )
        return DecidedAdmission(
            stage: stage,
            operation: operation,
            namespace: context.namespace,
            metadata: pod.metadata,
            isDryRun: context.isDryRun,
            decision: decide(pod, context: context, images: images, policy: policy)
        )
    }

    /// What of a decision's circumstances is not in the object.
    func circumstances(
        of request: AdmissionRequest,
        labels: [String: String]?,
        stage: AdmissionStage,
        operation: AdmissionOperation
    ) -> AdmissionContext {
        AdmissionContext(
            stage: stage,
            operation: operation,
            subresource: request.subresource,
            username: request.username,
            namespace: request.namespace,
            isDryRun: request.isDryRun,
            namespaceLabels: labels,
            cluster: environment.cluster()
        )
    }

    /// The policy for a Pod.
    func policy(for pod: Pod, context: AdmissionContext) -> WasmPolicy {
        guard !environment.isProbe(namespace: context.namespace, isDryRun: context.isDryRun) else {
            return WasmPolicy()
        }
        return environment.policies().policy(for: pod, namespace: context.namespace, labels: context.namespaceLabels)
    }

    /// What is known of `images` by the deadline; the pull secrets are read only where an image has to be looked up.
    func answers(
        for images: [String],
        secrets: PullSecretsQuery,
        deadline: ContinuousClock.Instant
    ) async -> [String: ImageAnswer] {
        guard !images.isEmpty else { return [:] }
        let hasSecrets = !secrets.imagePullSecrets.isEmpty || secrets.serviceAccountName != nil
        // An API server that is slow must leave time for the registry, which may need no secret.
        let half = ContinuousClock.now + (deadline - ContinuousClock.now) / 2
        let credentials = hasSecrets ? await environment.credentials(secrets, half) : PullCredentials()
        return await inspector.answers(for: images, credentials: credentials, deadline: deadline)
    }
}
