public import JSON

/// The decisions of both webhooks on the Pods of a workload.
///
/// The evaluation follows the API server: it runs the mutating stage, applies the patch, and runs the validating stage
/// on the result. The webhook for workloads and the command line use it.
public struct WorkloadEvaluation: Sendable {
    /// The object without the patch.
    public let document: JSONValue
    /// The workload that was read from the object.
    public let workload: Workload
    /// The policy for the workload's Pods.
    public let policy: WasmPolicy
    /// The decision of the mutating webhook on a Pod.
    public let mutating: Decision
    /// The mutating webhook's patch, as operations on the whole object.
    public let patch: [JSONPatchOperation]
    /// The object with the patch applied to its Pod or Pod template.
    public let mutatedDocument: JSONValue
    /// The decision of the validating webhook on the patched Pod.
    public let validating: Decision

    /// The context for creating the Pods of `workload`, if there is no request.
    ///
    /// - Parameters:
    ///   - workload: The workload.
    ///   - namespaceLabels: The labels of its namespace; nil if they are not known.
    ///   - cluster: The runtime classes of the cluster.
    /// - Returns: The context.
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
    ///   - context: The context for creating its Pods; its stage and operation are ignored.
    ///   - policy: The policy that decides.
    /// - Returns: The distinct references.
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
    ///   - context: The context for creating its Pods; its stage and operation are ignored.
    ///   - images: The answers about the images of ``imagesToInspect(in:context:policy:)``.
    ///   - policy: The policy that decides.
    /// - Throws: `FieldError` if the patch cannot be applied, which would be a bug of Polypod.
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

    /// The answers, with answers for the images that the patch pinned.
    private static func answers(
        _ answers: [String: ImageAnswer],
        for mutated: Pod,
        after original: Pod
    ) -> [String: ImageAnswer] {
        var answers = answers
        let images = zip(original.spec.containers.map(\.image), mutated.spec.containers.map(\.image))
        let volumes = zip(original.spec.volumes.map(\.image), mutated.spec.volumes.map(\.image))
        for (old, new) in Array(images) + Array(volumes) {
            guard let new, answers[new] == nil, let answer = old.flatMap({ answers[$0] }),
                let digest = (try? ImageReference(new))?.digest
            else { continue }
            answers[new] = answer.pinned(to: digest)
        }
        return answers
    }

    /// The decision on the workload: the findings and notices about its Pods.
    ///
    /// It has no patch, so that GitOps tools find no difference between the workload and its manifest.
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

/// Why a workload is admitted without looking at its Pods; nil if they must be looked at.
///
/// - Parameters:
///   - workload: The workload in the request.
///   - before: The workload before an update.
///   - context: The data of the request besides the workload.
///   - policy: The policy for the workload's Pods.
/// - Returns: The reason; nil if the Pods must be looked at.
public func reasonToSkip(
    _ workload: Workload,
    before: Workload?,
    context: AdmissionContext,
    policy: WasmPolicy
) -> SkipReason? {
    guard policy.workloads != .off else { return .workloadsOff }
    // Controllers create a Deployment's ReplicaSets and a CronJob's Jobs, and do not read warnings.
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
