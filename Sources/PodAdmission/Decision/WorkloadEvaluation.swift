public import JSON

/// What both webhooks would do with the Pods of a workload.
///
/// The evaluation goes the way of the API server: the mutating stage, its patch applied, then the validating stage on
/// the Pod as it became. The webhook for workloads, the command line and tests use it alike.
public struct WorkloadEvaluation: Sendable {
    /// The object as it was given.
    public let document: JSONValue
    /// The workload that was read from it.
    public let workload: Workload
    /// The policy that decides.
    public let policy: WasmPolicy
    /// The decision of the mutating webhook on a Pod.
    public let mutating: Decision
    /// The mutating webhook's patch, as operations on the whole object.
    public let patch: [JSONPatchOperation]
    /// The object with the patch applied, which for a workload means its Pod template.
    public let mutatedDocument: JSONValue
    /// The decision of the validating webhook on the patched Pod.
    public let validating: Decision

    /// The context in which the Pods of `workload` are created, where no request tells it.
    ///
    /// - Parameters:
    ///   - workload: The workload.
    ///   - namespaceLabels: The labels of its namespace; nil where they are not known.
    ///   - cluster: What is known of the cluster.
    public static func context(
        of workload: Workload,
        namespaceLabels: [String: String]? = nil,
        cluster: ClusterKnowledge = ClusterKnowledge()
    ) -> AdmissionContext {
        AdmissionContext(
            stage: .mutating,
            namespace: workload.pod.metadata.namespace ?? "default",
            namespaceLabels: namespaceLabels,
            cluster: cluster
        )
    }

    /// The references to look up before the workload can be evaluated.
    ///
    /// - Parameters:
    ///   - workload: The workload.
    ///   - context: The context of its Pods' creation; stage and operation in it do not count.
    ///   - policy: The policy that decides.
    public static func imagesToInspect(
        in workload: Workload,
        context: AdmissionContext? = nil,
        policy: WasmPolicy
    ) -> [String] {
        let context = (context ?? Self.context(of: workload)).ofCreation(.mutating)
        return PodAdmission.imagesToInspect(in: workload.pod, context: context, policy: policy)
    }

    /// Evaluates a workload.
    ///
    /// - Parameters:
    ///   - workload: The workload.
    ///   - document: The object that it was read from.
    ///   - context: The context of its Pods' creation; stage and operation in it do not count.
    ///   - images: What is known of its images, those of ``imagesToInspect(in:context:policy:)``.
    ///   - policy: The policy that decides.
    /// - Throws: ``FieldError`` where the patch does not apply, which would be a fault of Polypod.
    public init(
        _ workload: Workload,
        document: JSONValue,
        context: AdmissionContext? = nil,
        images: [String: ImageAnswer],
        policy: WasmPolicy
    ) throws(FieldError) {
        let context = context ?? Self.context(of: workload)
        self.document = document
        self.workload = workload
        self.policy = policy
        mutating = decide(workload.pod, context: context.ofCreation(.mutating), images: images, policy: policy)
        patch = mutating.patch.map { JSONPatchOperation(add: workload.podPath + $0.path, value: $0.value) }
        mutatedDocument = try document.applying(patch)
        let mutated = try Workload(mutatedDocument) ?? workload
        validating = decide(
            mutated.pod,
            context: context.ofCreation(.validating),
            images: Self.answers(images, for: mutated.pod, after: workload.pod),
            policy: policy
        )
    }

    /// The answers with those about images that the patch has pinned.
    private static func answers(
        _ answers: [String: ImageAnswer],
        for mutated: Pod,
        after original: Pod
    ) -> [String: ImageAnswer] {
        var answers = answers
        for (old, new) in zip(original.spec.containers, mutated.spec.containers) {
            guard let image = new.image, answers[image] == nil, let answer = old.image.flatMap({ answers[$0] }),
                let digest = (try? ImageReference(image))?.digest
            else { continue }
            answers[image] = answer.pinned(to: digest)
        }
        return answers
    }

    /// The decision on the workload itself: its Pods' findings, and what its author should know of them.
    ///
    /// It holds no patch: a tool that compares the workload with its manifest finds no difference.
    public var decision: Decision {
        var decision = validating
        decision.workload = workload.metadata.displayName
        decision.withheldPatch = policy.mode == .dryRun ? mutating.withheldPatch : []
        decision.notices = workloadNotices(of: self)
        guard policy.workloads == .warn else { return decision }
        for index in decision.findings.indices where decision.findings[index].action == .deny {
            decision.findings[index].action = .warn
        }
        return decision
    }
}

extension AdmissionContext {
    /// The same context for a Pod that a controller creates.
    fileprivate func ofCreation(_ stage: AdmissionStage) -> AdmissionContext {
        var context = self
        context.stage = stage
        context.operation = .create
        context.subresource = nil
        context.oldPod = nil
        return context
    }
}

/// Why a workload is admitted without a look at its Pods; nil where they have to be looked at.
///
/// - Parameters:
///   - workload: The workload as the request holds it.
///   - before: The workload before the change, on an update.
///   - context: The request's circumstances.
///   - policy: The policy for the workload's Pods.
public func reasonToSkip(
    _ workload: Workload,
    before: Workload?,
    context: AdmissionContext,
    policy: WasmPolicy
) -> SkipReason? {
    guard policy.workloads != .off else { return .workloadsOff }
    // A Deployment's ReplicaSets and a CronJob's Jobs are made by controllers, which read no warnings.
    guard workload.metadata.controller == nil else { return .controlled }
    switch context.operation {
    case .create: break
    case .update:
        if workload.metadata.isBeingDeleted { return .beingDeleted }
        if let before, before.pod == workload.pod { return .unchanged }
    case .delete, .connect: return .otherOperation
    }
    var created = context
    created.operation = .create
    created.subresource = nil
    return reasonToSkip(workload.pod, context: created, policy: policy)
}
