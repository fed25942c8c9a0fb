extension Check {
    static let execProbe = Check(
        code: .execProbe,
        defaultAction: .deny,
        reason: "an exec liveness, readiness or startup probe on a Wasm container, in which nothing can be executed",
        remedy: "use httpGet, tcpSocket or grpc"
    ) { input in
        guard input.followsCrun else { return [] }
        return input.wasm.flatMap { verdict in
            verdict.container.execProbes.map {
                Observation(verdict.container.name, "exec \($0.rawValue) never works in a Wasm container")
            }
        }
    }

    static let execHook = Check(
        code: .execHook,
        defaultAction: .deny,
        reason: "an exec lifecycle hook on a Wasm container: postStart kills it (deny), preStop does nothing (warn)",
        remedy: "use httpGet or sleep, or drop the hook"
    ) { input in
        guard input.followsCrun else { return [] }
        return input.wasm.flatMap { verdict in
            verdict.container.execHooks.map { hook in
                Observation(
                    verdict.container.name,
                    "exec \(hook.rawValue) hook never works in a Wasm container",
                    defaultAction: hook == .preStop ? .warn : nil
                )
            }
        }
    }

    static let exitCodeLost = Check(
        code: .exitCodeLost,
        defaultAction: .warn,
        reason: "a Wasm init container, Job or `OnFailure`, where crun makes every exit code 0",
        remedy: "run a crun that keeps exit codes, and set preservesExitCodes in the policy"
    ) { input in
        guard input.followsCrun, !input.policy.runtime.preservesExitCodes else { return [] }
        return input.wasm.compactMap { verdict in
            let name = verdict.container.name
            if verdict.container.kind == .initContainer {
                return Observation(name, "is a Wasm init container: crun reports exit code 0 even when it fails")
            }
            if input.pod.metadata.controllerKind == "Job" {
                return Observation(name, "is Wasm in a Job: crun reports exit code 0 even when it fails")
            }
            guard input.pod.spec.restartPolicy == "OnFailure" else { return nil }
            return Observation(
                name,
                "is Wasm with restartPolicy OnFailure: crun reports exit code 0 even when it fails"
            )
        }
    }
}
