import JSON
import PodAdmission

/// Decides on the object of a request: collects the context, the policy and the facts about images, then evaluates.
struct AdmissionEvaluator: Sendable {
    /// The policies, the knowledge of the cluster, and the receiver of the decisions.
    let environment: AdmissionEnvironment
    /// Answers what images are.
    let images: any ImageResolving

    /// The longest time that a person who applies a workload waits for registries.
    ///
    /// The look-ups continue after it, so that the admissions of the Pods find their results.
    private static let workloadTimeout = Duration.seconds(3)

    /// Decides on the object of `request`.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - subject: What the object is.
    ///   - labels: The labels of the namespace; nil if they are not known.
    ///   - stage: The webhook that the API server called; only the validating one decides on workloads.
    ///   - deadline: The time by which images must be known.
    /// - Returns: The decision; nil for a request without an object, with an unknown operation, or for another subject.
    /// - Throws: ``FieldError`` for an object that does not have the form of its kind.
    func decide(
        _ request: AdmissionRequest,
        subject: AdmissionSubject,
        labels: [String: String]?,
        stage: AdmissionStage,
        deadline: ContinuousClock.Instant
    ) async throws(FieldError) -> DecidedAdmission? {
        guard let object = request.object, let operation = AdmissionOperation(rawValue: request.operation) else {
            return nil
        }
        let context = AdmissionContext(
            stage: stage,
            operation: operation,
            subresource: request.subresource,
            username: request.username,
            namespace: request.namespace,
            isDryRun: request.isDryRun,
            namespaceLabels: labels,
            cluster: environment.cluster()
        )
        switch subject {
        case .pod:
            return try await decidePod(object, old: request.oldObject, context: context, deadline: deadline)
        case .workload where stage == .validating:
            return try await decideWorkload(object, old: request.oldObject, context: context, deadline: deadline)
        case .workload, .other: return nil
        }
    }

    private func decidePod(
        _ object: JSONValue,
        old: JSONValue?,
        context: AdmissionContext,
        deadline: ContinuousClock.Instant
    ) async throws(FieldError) -> DecidedAdmission {
        let pod = try Pod(object)
        var context = context
        context.oldPod = try old.map { old throws(FieldError) in try Pod(old) }
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
            stage: context.stage,
            operation: context.operation,
            namespace: context.namespace,
            metadata: pod.metadata,
            isDryRun: context.isDryRun,
            decision: PodAdmission.decide(
                pod,
                context: context,
                images: await images.answers(to: query),
                policy: policy
            )
        )
    }

    /// Decides on a workload by the Pods that it will have; nil for an object without a Pod template.
    private func decideWorkload(
        _ object: JSONValue,
        old: JSONValue?,
        context: AdmissionContext,
        deadline: ContinuousClock.Instant
    ) async throws(FieldError) -> DecidedAdmission? {
        guard let workload = try Self.workload(object, namespace: context.namespace) else { return nil }
        let policy = policy(for: workload.pod, context: context)
        let before = try old.flatMap { old throws(FieldError) in
            try Self.workload(old, namespace: context.namespace)
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
                deadline: min(deadline, .now + Self.workloadTimeout)
            )
        }
        return DecidedAdmission(
            stage: .validating,
            operation: context.operation,
            kind: workload.kind,
            namespace: context.namespace,
            metadata: workload.metadata,
            isDryRun: context.isDryRun,
            decision: decision
        )
    }

    /// Reads a workload with the namespace of the request, because the object may have none.
    private static func workload(_ object: JSONValue, namespace: String) throws(FieldError) -> Workload? {
        var workload = try Workload(object)
        workload?.pod.metadata.namespace = namespace
        return workload
    }

    /// Decides on a Pod of the workload as both webhooks will when it is created.
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

    /// The policy for a Pod; the built-in one for a self-probe.
    private func policy(for pod: Pod, context: AdmissionContext) -> WasmPolicy {
        guard !environment.isProbe(namespace: context.namespace, isDryRun: context.isDryRun) else {
            return WasmPolicy()
        }
        return environment.policies().policy(for: pod, namespace: context.namespace, labels: context.namespaceLabels)
    }
}
