import JSON

extension Check {
    static let runtimeClassConflict = Check(
        code: .runtimeClassConflict,
        defaultAction: .deny,
        reason: "the Pod has a Wasm container and a runtime class that is not known to run Wasm",
        remedy: "remove runtimeClassName, or name the class in the policy's spec.runtime"
    ) { input in
        guard !input.followsCrun, let runtimeClass = input.runtimeClass,
            !input.policy.runtime.otherWasmRuntimeClassNames.contains(runtimeClass)
        else { return [] }
        let shown = runtimeClass.plainText(limit: 40)
        return input.anyWasm.map {
            Observation($0.container.name, "is Wasm, which the class \"\(shown)\" is not known to run")
        }
    }

    static let mutationMissed = Check(
        code: .mutationMissed,
        defaultAction: .deny,
        reason: "the final Pod has a Wasm container and lacks the runtime class, the annotation or the pinned image",
        remedy: "create the Pod again; if it fails again, check the mutating webhook"
    ) { input in
        guard input.followsCrun, !input.pod.asksForWindows else { return [] }
        return input.wasm.compactMap { verdict in
            let name = verdict.container.name
            if input.runtimeClass == nil {
                guard !input.isRefusedClass else { return nil }
                let isUpdate = input.context.operation == .update
                return isUpdate
                    ? Observation(
                        name,
                        "is now Wasm, and the runtimeClassName of a running Pod cannot be changed",
                        remedy: "delete the Pod and create it again"
                    )
                    : Observation(name, "is Wasm, but the Pod has no runtimeClassName")
            }
            if input.variant == nil, input.handler == nil {
                return Observation(name, "is Wasm, but the Pod lacks the annotation module.wasm.image/variant")
            }
            if verdict.pin != nil, !verdict.isUnpullableIndex, !input.pinned.contains(name) {
                return Observation(name, "must run as Wasm, but its image is not pinned to the Wasm manifest")
            }
            if let module = verdict.moduleVolume, module.pin != nil, !module.isUnpullableIndex,
                !input.pinnedVolumes.contains(module.volume.name)
            {
                return Observation(name, "must run as Wasm, but its image volume is not pinned to the Wasm manifest")
            }
            return nil
        }
    }

    static let windowsPod = Check(
        code: .windowsPod,
        defaultAction: .deny,
        reason: "the Pod requires Windows and has a Wasm container",
        remedy: "remove spec.os and the node selector for Windows"
    ) { input in
        guard input.followsCrun, input.pod.asksForWindows else { return [] }
        return input.wasm.map { Observation($0.container.name, "is Wasm, which crun runs on Linux nodes only") }
    }

    static let wasmArchitecture = Check(
        code: .wasmArchitecture,
        defaultAction: .deny,
        reason: "the Pod requires nodes of a Wasm architecture",
        remedy: "remove kubernetes.io/arch: Wasm runs on Linux nodes of any architecture"
    ) { input in
        let required = input.pod.spec.nodeLabels(.architecture)
        guard input.followsCrun, let architecture = required.first, required.allSatisfy({ $0.hasPrefix("wasm") }) else {
            return []
        }
        let shown = architecture.plainText(limit: 30)
        return input.wasm.map { Observation($0.container.name, "is Wasm, but no node has the architecture \(shown)") }
    }
}
