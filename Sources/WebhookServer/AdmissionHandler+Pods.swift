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
        let query = ImageQuery(
            imagesToInspect(in: pod, context: context, policy: policy),
            pullSecrets: PullSecretsQuery(
                namespace: context.namespace,
                imagePullSecrets: pod.spec.imagePullSecrets
            ),
            preference: policy.entryPreference,
            deadline: deadline
        )
        return DecidedAdmission(
            stage: stage,
            operation: operation,
            namespace: context.namespace,
            metadata: pod.metadata,
            isDryRun: context.isDryRun,
            decision: decide(pod, context: context, images: await images.answers(to: query), policy: policy)
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
}
