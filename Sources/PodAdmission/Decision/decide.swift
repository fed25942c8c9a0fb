/// Decides on one Pod: computes its changes and findings.
///
/// - Parameters:
///   - pod: The Pod in the request.
///   - context: The data of the request besides the Pod.
///   - images: The answers about the images of ``imagesToInspect(in:context:policy:)``, by the reference in the Pod.
///   - policy: The policy for this Pod.
/// - Returns: The decision, which depends on the arguments only.
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
        classify(container, declared: declared, volumes: pod.spec.volumes, images: images, policy: policy)
    }
    decision.record = decisionRecord(of: decision.containers)
    let isDryRun = policy.mode == .dryRun
    var mutation: Mutation?
    // The class of a Pod can be set only on creation.
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
        decision.notices = notices(
            of: decision,
            pod: pod,
            declared: declared,
            context: context,
            policy: policy
        )
    case .validating:
        let input = CheckInput(
            pod: mutation?.applied(to: pod) ?? pod,
            context: context,
            verdicts: decision.containers,
            policy: policy,
            pinned: Set(mutation?.pins.map(\.container.name) ?? []),
            pinnedVolumes: Set(mutation?.volumePins.map(\.volume.name) ?? [])
        )
        decision.findings = Check.all.flatMap { $0.findings(for: input) }
    }
    return decision
}

/// The image references that must be looked up before ``decide(_:context:images:policy:)`` is called.
///
/// Each reference occurs once, as it is in the Pod. There are none for containers that the Pod or the policy declares
/// native, and for images that no node pulls. The image of a declared Wasm container is looked up, because the digest to
/// pin it to is in its index. Of the image volumes, those are looked up that can contain a container's program.
public func imagesToInspect(in pod: Pod, context: AdmissionContext, policy: WasmPolicy) -> [String] {
    guard reasonToSkip(pod, context: context, policy: policy) == nil else { return [] }
    let declared = DeclaredContainers(pod)
    var images: [String] = []
    var seen: Set<String> = []
    for container in containersToDecide(in: pod, context: context) {
        guard declaration(of: container, declared: declared, policy: policy)?.0 != .native else { continue }
        if container.reasonNotToAsk == nil, let image = container.image, seen.insert(image).inserted {
            images.append(image)
        }
        guard !container.mounts.isEmpty else { continue }
        for volume in container.candidateVolumes(of: ProgramWords(container).commanded, volumes: pod.spec.volumes) {
            guard case .image(let reference?, let policy) = volume.source, !reference.isEmpty, policy != "Never",
                seen.insert(reference).inserted
            else { continue }
            images.append(reference)
        }
    }
    return images
}

/// Why a request is admitted without looking at its images; nil if they must be looked at.
func reasonToSkip(_ pod: Pod, context: AdmissionContext, policy: WasmPolicy) -> SkipReason? {
    if policy.allowOptOut {
        if pod.optsOut { return .optedOut }
        if AnnotationKey.optsOut(context.namespaceLabels?[AnnotationKey.inject]) { return .namespaceOptedOut }
    }
    // Any user can set the annotation; only a node can create a mirror Pod.
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

/// The containers that the request adds or changes: all on CREATE, those with another image on UPDATE.
///
/// An UPDATE that changes crun's annotations changes every container: a container that starts again gets the new ones.
func containersToDecide(in pod: Pod, context: AdmissionContext) -> [Container] {
    guard context.operation == .update else { return pod.spec.containers }
    let crunKeys = [AnnotationKey.variant, AnnotationKey.ociHandler]
    if context.subresource == nil, let old = context.oldPod,
        crunKeys.contains(where: { pod.metadata.annotation($0) != old.metadata.annotation($0) })
    {
        return pod.spec.containers
    }
    let before = Set((context.oldPod?.spec.containers ?? []).map(ContainerIdentity.init))
    let wantsEphemeral = context.subresource == "ephemeralcontainers"
    return pod.spec.containers.filter { container in
        (container.kind == .ephemeral) == wantsEphemeral && !before.contains(ContainerIdentity(container))
    }
}

/// The fields that identify a container across an update.
private struct ContainerIdentity: Hashable {
    let list: String
    let name: String
    let image: String?

    init(_ container: Container) {
        (list, name, image) = (container.listName, container.name, container.image)
    }
}
