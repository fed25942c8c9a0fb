import JSON
import PodAdmission

extension AdmissionHandler {
    /// The longest that a person who applies a workload waits for registries.
    ///
    /// The look-ups go on when it is over, so that the Pods' admissions find their results.
    private static let patience = Duration.seconds(3)

    /// Decides on a workload by the Pods that it will have; nil where the request has none.
    func decideWorkload(
        _ request: AdmissionRequest,
        labels: [String: String]?,
        deadline: ContinuousClock.Instant
    ) async throws(FieldError) -> DecidedAdmission? {
        guard let object = request.object, let operation = AdmissionOperation(rawValue: request.operation),
            let workload = try Self.workload(object, namespace: request.namespace)
        else { return nil }
        let context = circumstances(of: request, labels: labels, stage: .validating, operation: operation)
        let policy = policy(for: workload.pod, context: context)
        let before = try request.oldObject.flatMap { old throws(FieldError) in
            try Self.workload(old, namespace: request.namespace)
        }
        var decision = Decision()
        decision.policyName = policy.name
        decision.skipped = reasonToSkip(workload, before: before, context: context, policy: policy)
        if decision.skipped == nil {
            decision = try await evaluate(
                workload,
                document: object,
                context: context,
                policy: policy,
                deadline: min(deadline, .now + Self.patience)
            )
        }
        return DecidedAdmission(
            stage: .validating,
            operation: operation,
            kind: workload.kind,
            namespace: context.namespace,
            metadata: workload.metadata,
            isDryRun: context.isDryRun,
            decision: decision
        )
    }

    /// The namespace counts that the request names; the object may lack it.
    private static func workload(_ object: JSONValue, namespace: String) throws(FieldError) -> Workload? {
        var workload = try Workload(object)
        workload?.pod.metadata.namespace = namespace
        return workload
    }

    /// Decides on a Pod of the workload as both webhooks will.
    private func evaluate(
        _ workload: Workload,
        document: JSONValue,
        context: AdmissionContext,
        policy: WasmPolicy,
        deadline: ContinuousClock.Instant
    ) async throws(FieldError) -> Decision {
        let query = ImageQuery(
            WorkloadEvaluation.imagesToInspect(in: workload, context: context, policy: policy),
            pullSecrets: PullSecretsQuery(
                namespace: context.namespace,
                imagePullSecrets: workload.pod.spec.imagePullSecrets,
                serviceAccountName: workload.pod.spec.serviceAccountName ?? "default"
            ),
            preference: policy.entryPreference,
            deadline: deadline
        )
        let evaluation = try WorkloadEvaluation(
            workload,
            document: document,
            context: context,
            images: await images.answers(to: query),
            policy: policy
        )
        return evaluation.decision
    }
}
