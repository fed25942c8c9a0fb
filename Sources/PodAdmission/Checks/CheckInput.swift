/// What a check may look at.
struct CheckInput {
    /// The Pod; under a policy that only says what it would do, as it would be.
    let pod: Pod
    /// The request's circumstances.
    let context: AdmissionContext
    /// The containers that the request brings.
    let verdicts: [ContainerVerdict]
    /// The policy for the Pod.
    let policy: WasmPolicy
    /// The containers whose image would be pinned, under a policy that only says what it would do.
    let pinned: Set<String>

    /// The containers with a module that crun can run.
    var wasm: [ContainerVerdict] { verdicts.filter { $0.containerClass == .wasm } }
    /// The containers with a Linux program.
    var native: [ContainerVerdict] { verdicts.filter { $0.containerClass == .native } }
    /// The containers with Wasm in any form.
    var anyWasm: [ContainerVerdict] {
        verdicts.filter { $0.containerClass == .wasm || $0.containerClass == .notRunnable }
    }

    /// The class that the Pod runs under, or would: its own, else the policy's.
    var wantedClass: String { runtimeClass ?? policy.runtime.runtimeClassName }
    /// Whether the API server would refuse the Pod for the class that it would be given, so that it was given none.
    var isRefusedClass: Bool {
        context.cluster.lacks(wantedClass) || context.cluster.contradiction(of: wantedClass, to: pod) != nil
    }
    /// The class that the Pod names; nil for none.
    var runtimeClass: String? { pod.spec.namedRuntimeClass }
    /// Whether the Pod runs, or is to run, by crun's rules: it names no class, or one of crun's.
    var followsCrun: Bool { runtimeClass.map(policy.runtime.isMixed) ?? true }
    /// Whether crun's annotations matter to the Pod: it names one of crun's classes, or holds Wasm.
    var concernsCrun: Bool { followsCrun && (runtimeClass != nil || !wasm.isEmpty) }
    /// The Pod's variant annotation.
    var variant: String? { pod.metadata.annotation(AnnotationKey.variant) }
    /// The Pod's handler annotation, which wins over the variant.
    var handler: String? { pod.metadata.annotation(AnnotationKey.ociHandler) }

    /// Whether crun takes every container for Wasm, whatever its program.
    var forcesWasm: Bool {
        if let handler { return ["wasm", "wasmedge", "wasmtime", "wasmer", "wamr"].contains(handler) }
        return variant == WasmPolicy.Variant.compat.rawValue
    }
}
