import JSON
import PodAdmission

/// The result of `polypod check` for one workload.
struct CheckResult: Sendable {
    /// The file with the workload.
    let file: String
    /// The line at which the workload starts, from 1.
    let line: Int
    /// The decisions of both webhooks on the workload's Pods.
    let evaluation: WorkloadEvaluation

    /// Whether the Pods would be admitted.
    var isAllowed: Bool { evaluation.validating.isAllowed }
    /// Whether the Pods would be changed.
    var isChanged: Bool { !evaluation.patch.isEmpty }
    /// Whether the class of a container is unknown.
    var isUnresolved: Bool { evaluation.mutating.containers.contains { $0.containerClass == .unknown } }

    /// The result for `-o json`.
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

/// The result of `polypod check` for all its manifests.
struct CheckReport: Sendable {
    /// The results for the workloads, in the order of the manifests.
    var results: [CheckResult] = []
    /// The objects as they would be admitted, with those that contain no Pod and without the denied ones.
    var admitted: [JSONValue] = []
    /// The number of objects that contain no Pod.
    var passedOver = 0
    /// The number of images that were looked up.
    var images = 0
    /// The number of requests that the look-ups took.
    var requests = 0
    /// The time that the look-ups took.
    var elapsed = Duration.zero
    /// A warning about the choice of policies; nil for none.
    var policyWarning: String?

    /// The report for `-o json`.
    var json: JSONValue { ["objects": .array(results.map(\.json))] }
}

extension Finding {
    /// The finding for `-o json`.
    var json: JSONValue {
        [
            "code": .string(code.rawValue), "action": .string(action.rawValue),
            "container": container.map { .string($0) } ?? .null, "message": .string(message), "remedy": .string(remedy),
        ]
    }
}
