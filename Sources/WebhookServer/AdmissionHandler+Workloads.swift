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
            decision = try await rehearse(
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

    /// Sends a Pod of the workload the way that its controller's will go.
    ///
    /// Images that are pinned on this way are looked up too, as the Pods' own admissions will ask for them.
    private func rehearse(
        _ workload: Workload,
        document: JSONValue,
        context: AdmissionContext,
        policy: WasmPolicy,
        deadline: ContinuousClock.Instant
    ) async throws(FieldError) -> Decision {
        let secrets = PullSecretsQuery(
            namespace: context.namespace,
            imagePullSecrets: workload.pod.spec.imagePullSecrets,
            serviceAccountName: workload.pod.spec.serviceAccountName ?? "default"
        )
        let images = await answers(
            for: WorkloadEvaluation.imagesToInspect(in: workload, circumstances: context, policy: policy),
            secrets: secrets,
            deadline: deadline
        )
        let rehearsal = try WorkloadEvaluation(
            workload,
            document: document,
            circumstances: context,
            images: images,
            policy: policy
        )
        let more = rehearsal.imagesToValidate.filter { images[$0] == nil }
        let pinned = await answers(for: more, secrets: secrets, deadline: deadline)
        let validated = rehearsal.validating(images: images.merging(pinned) { known, _ in known })
        return rehearsal.decision(validated: validated)
    }
}
