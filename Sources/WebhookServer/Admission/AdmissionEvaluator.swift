import Basics
import JSON
import PodAdmission

/// Decides on the object of a request: collects the context, the policy and the facts about images, then evaluates.
struct AdmissionEvaluator: Sendable {
    /// The policies, the knowledge of the cluster, and the receiver of the decisions.
    let environment: AdmissionEnvironment
    /// Answers what images are.
    let images: any ImageResolving

    /// The turn of large documents.
    let turn: AsyncLock

    /// The longest time that a person who applies a workload waits for registries.
    ///
    /// The look-ups continue after it, so that the admissions of the Pods find their results.
    private static let workloadTimeout = Duration.seconds(3)

    /// Decides on the object of `request`.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - labels: The labels of the namespace; nil if they are not known.
    ///   - stage: The webhook that the API server called; only the validating one decides on workloads.
    ///   - deadline: The time by which images must be known.
    /// - Returns: The decision; nil for a request without an object, with an unknown operation, or for another subject.
    /// - Throws: ``FieldError`` for an object that does not have the form of its kind.
    func decide(
        _ request: AdmissionRequest,
        labels: [String: String]?,
        stage: AdmissionStage,
        deadline: ContinuousClock.Instant
    ) async throws(FieldError) -> DecidedAdmission? {
        guard let operation = AdmissionOperation(rawValue: request.operation),
            request.subject == .pod || stage == .validating
        else { return nil }
        var context = AdmissionContext(
            stage: stage,
            operation: operation,
            subresource: request.subresource,
            username: request.username,
            namespace: request.namespace,
            isDryRun: request.isDryRun,
            namespaceLabels: labels,
            cluster: environment.cluster()
        )
        switch request.object {
        case .none: return nil
        case .unreadable(let error): throw error
        case .pod(let pod, let old):
            context.oldPod = old
            return await decide(pod, context: context, deadline: deadline)
        case .workload(let workload, let before, let document):
            return try await decide(workload, before: before, document: document, context: context, deadline: deadline)
        }
    }

    private func decide(
        _ pod: Pod,
        context: AdmissionContext,
        deadline: ContinuousClock.Instant
    ) async -> DecidedAdmission {
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

    /// Decides on a workload by the Pods that it will have.
    private func decide(
        _ workload: Workload,
        before: Workload?,
        document: WorkloadDocument,
        context: AdmissionContext,
        deadline: ContinuousClock.Instant
    ) async throws(FieldError) -> DecidedAdmission {
        let policy = policy(for: workload.pod, context: context)
        var decision = Decision()
        decision.policyName = policy.name
        decision.skipped = reasonToSkip(workload, before: before, context: context, policy: policy)
        if decision.skipped == nil {
            decision = try await evaluate(
                workload,
                document: document,
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

    /// Decides on a Pod of the workload as both webhooks will when it is created.
    private func evaluate(
        _ workload: Workload,
        document: WorkloadDocument,
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
        let answers = await images.answers(to: query)
        guard document.isLarge else {
            return try WorkloadEvaluation(
                workload,
                document: document.read(),
                context: context,
                images: answers,
                policy: policy
            ).decision
        }
        let evaluation = await turn.withLock { () -> Result<Decision, FieldError> in
            do throws(FieldError) {
                let document = try document.read()
                return .success(
                    try WorkloadEvaluation(
                        workload,
                        document: document,
                        context: context,
                        images: answers,
                        policy: policy
                    ).decision
                )
            } catch {
                return .failure(error)
            }
        }
        guard let evaluation else { throw FieldError("the client has gone") }
        return try evaluation.get()
    }

    /// The policy for a Pod; the built-in one for a self-probe.
    private func policy(for pod: Pod, context: AdmissionContext) -> WasmPolicy {
        guard !environment.isProbe(namespace: context.namespace, isDryRun: context.isDryRun) else {
            return WasmPolicy()
        }
        return environment.policies().policy(for: pod, namespace: context.namespace, labels: context.namespaceLabels)
    }
}
