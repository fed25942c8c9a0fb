import JSON
import PodAdmission

extension CheckReport {
    /// The run in the documented form.
    var json: JSONValue { ["objects": .array(results.map(\.json))] }
}

extension CheckResult {
    /// The object in the documented form.
    var json: JSONValue {
        let workload = evaluation.workload
        return [
            "kind": .string(workload.kind),
            "namespace": .string(workload.pod.metadata.namespace ?? "default"),
            "name": .string(workload.metadata.displayName),
            "source": ["file": .string(file), "line": .number(String(line))],
            "containers": .array(
                evaluation.mutating.containers.map { verdict in
                    [
                        "name": .string(verdict.container.name),
                        "image": verdict.container.image.map { .string($0) } ?? .null,
                        "class": .string(verdict.containerClass.rawValue), "evidence": verdict.evidenceJSON,
                    ]
                }
            ),
            "patch": .array(evaluation.patch.map(\.json)),
            "findings": .array(evaluation.validating.findings.map(\.json)),
            "allowed": .bool(isAllowed),
        ]
    }
}

extension Finding {
    /// The finding in the documented form.
    var json: JSONValue {
        [
            "code": .string(code.rawValue), "action": .string(action.rawValue),
            "container": container.map { .string($0) } ?? .null, "message": .string(message), "remedy": .string(remedy),
        ]
    }
}
