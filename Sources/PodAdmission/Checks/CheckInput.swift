/// The data that a check can use.
struct CheckInput {
    /// The Pod; in mode `DryRun`, with the changes that the policy would make.
    let pod: Pod
    /// The data of the request besides the Pod.
    let context: AdmissionContext
    /// The containers that the request adds or changes.
    let verdicts: [ContainerVerdict]
    /// The policy for the Pod.
    let policy: WasmPolicy
    /// The names of the containers whose image would be pinned, in mode `DryRun`.
    let pinned: Set<String>
    /// The names of the image volumes whose image would be pinned, in mode `DryRun`.
    let pinnedVolumes: Set<String>

    /// The containers with a module that crun can run.
    var wasm: [ContainerVerdict] { verdicts.filter { $0.containerClass == .wasm } }
    /// The containers with a Linux program.
    var native: [ContainerVerdict] { verdicts.filter { $0.containerClass == .native } }
    /// The containers with Wasm in any form, including forms that crun cannot run.
    var anyWasm: [ContainerVerdict] {
        verdicts.filter { $0.containerClass == .wasm || $0.containerClass == .notRunnable }
    }

    /// The class that the Pod names, otherwise the policy's.
    var wantedClass: String { runtimeClass ?? policy.runtime.runtimeClassName }
    /// Whether the API server would reject the Pod with the policy's class; the webhook then sets none.
    var isRefusedClass: Bool {
        context.cluster.lacks(wantedClass) || context.cluster.contradiction(of: wantedClass, to: pod) != nil
    }
    /// The class that the Pod names; nil for none.
    var runtimeClass: String? { pod.spec.namedRuntimeClass }
    /// Whether crun's rules apply to the Pod: it names no class, or one of crun's.
    var followsCrun: Bool { runtimeClass.map(policy.runtime.isMixed) ?? true }
    /// Whether crun's annotations have an effect on the Pod: it names one of crun's classes, or contains Wasm.
    var concernsCrun: Bool { followsCrun && (runtimeClass != nil || !wasm.isEmpty) }
    /// The Pod's variant annotation.
    var variant: String? { pod.metadata.annotation(AnnotationKey.variant) }
    /// The Pod's handler annotation, which has precedence over the variant.
    var handler: String? { pod.metadata.annotation(AnnotationKey.ociHandler) }

    /// What crun does with the containers because of these annotations.
    var crunMode: CrunMode { CrunMode(handler: handler, variant: variant) }
    /// Whether the class can be one of crun's.
    var canBeCrun: Bool { policy.runtime.canBeCrun(runtimeClass) }
    /// Whether an image without an answer matters: the Pod's class can run Wasm, or the policy allows only some images.
    var mustKnowImages: Bool {
        followsCrun || policy.images.restrictsWasm
            || runtimeClass.map(policy.runtime.otherWasmRuntimeClassNames.contains) ?? false
    }
}
