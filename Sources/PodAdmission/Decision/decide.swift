/// Decides on one Pod: what is written, what is refused and what is said.
///
/// - Parameters:
///   - pod: The Pod as the request holds it.
///   - context: The request's circumstances.
///   - images: What is known of the Pod's images, by reference as written; those of
///     ``imagesToInspect(in:context:policy:)``.
///   - policy: The policy for this Pod.
/// - Returns: The decision; the same for the same arguments, whatever the time.
public func decide(
    _ pod: Pod,
    context: AdmissionContext,
    images: [String: ImageAnswer],
    policy: WasmPolicy
) -> Decision {
    var decision = Decision()
    decision.policyName = policy.name
    if let reason = reasonToSkip(pod, context: context, policy: policy) {
        decision.skipped = reason
        return decision
    }
    let declared = DeclaredContainers(pod)
    decision.containers = containersToDecide(in: pod, context: context).map { container in
        classify(container, declared: declared, answer: container.image.flatMap { images[$0] }, policy: policy)
    }
    decision.record = decisionRecord(of: decision.containers)
    let isDryRun = policy.mode == .dryRun
    var mutation: Mutation?
    // Only a Pod that is being made can still be given a class, which is immutable afterwards.
    if context.operation == .create, context.stage == .mutating || isDryRun {
        mutation = Mutation(
            for: pod,
            verdicts: decision.containers,
            policy: policy,
            cluster: context.cluster,
            record: decision.record
        )
    }
    switch context.stage {
    case .mutating:
        let patch = mutation?.patch(for: pod) ?? []
        (decision.patch, decision.withheldPatch) = isDryRun ? ([], patch) : (patch, [])
        decision.notices = notices(of: decision, pod: pod, context: context, policy: policy)
    case .validating:
        let input = CheckInput(
            pod: mutation?.applied(to: pod) ?? pod,
            context: context,
            verdicts: decision.containers,
            policy: policy,
            pinned: Set(mutation?.pins.map(\.container.name) ?? [])
        )
        decision.findings = Check.all.flatMap { $0.findings(for: input) }
    }
    return decision
}

/// The references, as written, that have to be looked up before ``decide(_:context:images:policy:)`` can answer.
///
/// Each stands there once. Images that the Pod or the policy speaks for, and those that no node pulls, are not among
/// them; volumes that are images hold files, not programs, and never are.
public func imagesToInspect(in pod: Pod, context: AdmissionContext, policy: WasmPolicy) -> [String] {
    guard reasonToSkip(pod, context: context, policy: policy) == nil else { return [] }
    let declared = DeclaredContainers(pod)
    var images: [String] = []
    var seen: Set<String> = []
    for container in containersToDecide(in: pod, context: context) {
        guard container.reasonNotToAsk == nil, let image = container.image,
            declaration(of: container, declared: declared, policy: policy) == nil, seen.insert(image).inserted
        else { continue }
        images.append(image)
    }
    return images
}

/// Why a request is admitted without a look; nil where it has to be decided.
func reasonToSkip(_ pod: Pod, context: AdmissionContext, policy: WasmPolicy) -> SkipReason? {
    if policy.allowOptOut {
        if pod.optsOut { return .optedOut }
        if AnnotationKey.optsOut(context.namespaceLabels?[AnnotationKey.inject]) { return .namespaceOptedOut }
    }
    // Anybody can write the annotation; only a node can make a mirror Pod.
    if pod.metadata.annotation(AnnotationKey.mirror) != nil, context.username.hasPrefix("system:node:") {
        return .mirrorPod
    }
    switch (context.operation, context.subresource) {
    case (.create, nil): return nil
    case (.update, nil), (.update, "ephemeralcontainers"):
        if pod.metadata.isBeingDeleted || context.oldPod?.metadata.isBeingDeleted == true { return .beingDeleted }
        return containersToDecide(in: pod, context: context).isEmpty ? .unchanged : nil
    default: return .otherOperation
    }
}

/// The containers that the request brings: all on CREATE, those with another image than before on UPDATE.
func containersToDecide(in pod: Pod, context: AdmissionContext) -> [Container] {
    guard context.operation == .update else { return pod.spec.containers }
    let before = Set((context.oldPod?.spec.containers ?? []).map(ContainerIdentity.init))
    let wantsEphemeral = context.subresource == "ephemeralcontainers"
    return pod.spec.containers.filter { container in
        (container.kind == .ephemeral) == wantsEphemeral && !before.contains(ContainerIdentity(container))
    }
}

/// What makes a container the same as before a change.
private struct ContainerIdentity: Hashable {
    let list: String
    let name: String
    let image: String?

    init(_ container: Container) {
        (list, name, image) = (container.listName, container.name, container.image)
    }
}
