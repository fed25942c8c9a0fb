extension Check {
    static let execProbe = Check(
        code: .execProbe,
        defaultAction: .deny,
        reason: "a Wasm container has an exec liveness, readiness or startup probe, but it cannot execute commands",
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
        reason: "a Wasm container has an exec lifecycle hook: postStart kills it (deny), preStop does nothing (warn)",
        remedy: "use httpGet or sleep, or remove it"
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
        reason:
            "a Wasm container runs in a Job, with `OnFailure` or as an init container: crun makes every exit code 0",
        remedy: "use a crun that keeps exit codes, and set preservesExitCodes in the policy"
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
