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

extension WorkloadEvaluation {
    /// The decision on the workload itself: its Pods' findings, and what its author should know of them.
    ///
    /// Nothing is written into a workload, so that who compares it with its manifest finds no difference.
    ///
    /// - Parameter validated: What ``validating(images:)`` said.
    public func decision(validated: Decision) -> Decision {
        var decision = validated
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
