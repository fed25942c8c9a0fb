public import JSON

/// Information for the user who sent the request, not about problems; each line has at most 120 characters.
func notices(
    of decision: Decision,
    pod: Pod,
    declared: DeclaredContainers,
    context: AdmissionContext,
    policy: WasmPolicy
) -> [String] {
    var lines = namesWithoutContainer(in: declared)
    // Controllers do not read warnings, so only people and dry runs get these lines.
    if !decision.patch.isEmpty, pod.metadata.controllerKind == nil || context.isDryRun {
        lines += classNotices(of: decision, pod: pod, policy: policy) { "runs under \($0)" }
    }
    if !policy.allowOptOut, pod.optsOut {
        lines.append("\(AnnotationKey.inject) is not honoured: the policy \(policy.name ?? "") allows no opting out")
    }
    for change in decision.withheldPatch.flatMap(\.changes) {
        lines.append("DryRun: would add \(change.path): \(change.value)")
    }
    for verdict in decision.containers where verdict.isNotPinnedForWantOfAnswer {
        lines.append(
            "\(verdict.container.subject) is declared Wasm, but not pinned: \(verdict.unresolved?.detail ?? "")"
        )
    }
    lines += remedies(for: decision)
    for verdict in decision.containers {
        guard let age = verdict.staleSeconds else { continue }
        lines.append("\(verdict.container.subject): its registry does not answer; decided on an answer \(age) s old")
    }
    return lines.map { $0.plainText(limit: 120) }
}

/// Information for the author of a workload about its Pods, with its name in front of each line.
func workloadNotices(of evaluation: WorkloadEvaluation) -> [String] {
    let (decision, pod, policy) = (evaluation.mutating, evaluation.workload.pod, evaluation.policy)
    var lines = namesWithoutContainer(in: DeclaredContainers(pod))
    if !decision.patch.isEmpty {
        lines += classNotices(of: decision, pod: pod, policy: policy) { "its Pods will run under \($0)" }
    }
    for change in decision.withheldPatch.flatMap(\.changes) {
        lines.append("DryRun: its Pods would get \(change.path): \(change.value)")
    }
    lines += remedies(for: decision)
    return lines.map { "\(evaluation.workload.metadata.displayName.plainText(limit: 63)): \($0)".plainText(limit: 120) }
}

private func classNotices(
    of decision: Decision,
    pod: Pod,
    policy: WasmPolicy,
    saying: (_ runtimeClass: String) -> String
) -> [String] {
    let runtimeClass = pod.spec.namedRuntimeClass ?? policy.runtime.runtimeClassName
    let wasm = decision.containers.filter { $0.containerClass == .wasm }
    let others = decision.containers.count - wasm.count
    let beside = others == 0 ? "" : " beside \(others) other container\(others == 1 ? "" : "s")"
    return wasm.map { verdict in
        let because = verdict.evidence.first?.value ?? ""
        return "\(verdict.container.subject) is Wasm (\(because)): \(saying(runtimeClass))\(beside)"
    }
}

/// The remedies for images that cannot be read; a finding that is a warning has no room for them.
private func remedies(for decision: Decision) -> [String] {
    decision.containers.compactMap { verdict in
        guard verdict.containerClass == .unknown, let remedy = verdict.unresolved?.remedy else { return nil }
        return "\(verdict.container.subject): \(remedy)"
    }
}

/// Reports names in annotations that match no container, because they would have no effect otherwise.
private func namesWithoutContainer(in declared: DeclaredContainers) -> [String] {
    declared.unknown.map { "\($0.key) names \"\($0.name)\", but the Pod has no such container" }
}

extension Container {
    /// The container, for the start of a line.
    fileprivate var subject: String { "container \"\(name.plainText(limit: 63))\"" }
}

extension JSONPatchOperation {
    /// The fields that the operation adds, with their values as text; the record of the decision is left out.
    public var changes: [(path: String, value: String)] {
        Self.leaves(of: value, at: path).filter { $0.path.last != AnnotationKey.decision }.map { leaf in
            let steps = leaf.path.map { step in Int(step).map { FieldError.Step.index($0) } ?? .key(step) }
            return (FieldError("", at: steps).pathText, leaf.value.string ?? leaf.value.compactText)
        }
    }

    /// Splits objects of metadata, because a patch adds all annotations in one value if there were none.
    private static func leaves(of value: JSONValue, at path: [String]) -> [(path: [String], value: JSONValue)] {
        guard case .object(let object) = value, path.last == "metadata" || path.last == "annotations" else {
            return [(path, value)]
        }
        return object.members.flatMap { leaves(of: $0.value, at: path + [$0.key]) }
    }
}
