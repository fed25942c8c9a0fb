import JSON

@testable import PodAdmission

/// Objects as the API server tells of them.
enum Objects {
    static func policy(
        _ name: String,
        uid: String = "u1",
        generation: Int = 1,
        mode: String? = nil,
        precedence: Int = 1000
    ) -> JSONValue {
        [
            "apiVersion": "polypod.dev/v1alpha1", "kind": "WasmPolicy",
            "metadata": ["name": .string(name), "uid": .string(uid), "generation": .number("\(generation)")],
            "spec": ["matchingPrecedence": .number("\(precedence)"), "mode": .string(mode ?? "Enforce")],
        ]
    }

    static func runtimeClass(_ name: String, _ nodeSelector: [String: String] = [:]) -> JSONValue {
        [
            "apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": ["name": .string(name)],
            "handler": "crun", "scheduling": ["nodeSelector": map(nodeSelector)],
        ]
    }

    /// A node, a namespace: what is read of them.
    static func metadata(_ name: String, _ labels: [String: String] = [:]) -> JSONValue {
        ["metadata": ["name": .string(name), "labels": map(labels)]]
    }

    private static func map(_ strings: [String: String]) -> JSONValue {
        .object(JSONObject(strings.sorted { $0.key < $1.key }.map { .init(key: $0.key, value: .string($0.value)) }))
    }
}

/// Decisions, as the webhooks tell of them.
enum Admissions {
    static let owner = OwnerReference(apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-5d", uid: "u1")

    static func decided(
        _ stage: AdmissionStage,
        operation: AdmissionOperation = .create,
        kind: String = "Pod",
        owner: OwnerReference? = owner,
        isDryRun: Bool = false,
        policy: String? = nil,
        _ change: (inout Decision) -> Void = { _ in }
    ) -> DecidedAdmission {
        var decision = Decision()
        decision.policyName = policy
        change(&decision)
        return DecidedAdmission(
            stage: stage,
            operation: operation,
            kind: kind,
            namespace: "shop",
            metadata: ObjectMetadata(generateName: "web-5d-", controller: owner),
            isDryRun: isDryRun,
            decision: decision
        )
    }

    static func routed(
        wasm: [String] = ["app"],
        runtimeClass: String? = "crun-wasmedge",
        owner: OwnerReference? = owner,
        isDryRun: Bool = false
    ) -> DecidedAdmission {
        decided(.mutating, owner: owner, isDryRun: isDryRun) { decision in
            decision.containers = wasm.map { verdict($0, .wasm) } + [verdict("proxy", .native)]
            decision.patch = [JSONPatchOperation(add: ["metadata", "annotations", "a"], value: "b")]
            if let runtimeClass {
                decision.patch.append(
                    JSONPatchOperation(add: ["spec", "runtimeClassName"], value: .string(runtimeClass))
                )
            }
        }
    }

    static func refused(
        stage: AdmissionStage = .validating,
        operation: AdmissionOperation = .create,
        kind: String = "Pod",
        owner: OwnerReference? = owner,
        isDryRun: Bool = false,
        findings: Int = 1
    ) -> DecidedAdmission {
        decided(stage, operation: operation, kind: kind, owner: owner, isDryRun: isDryRun) { decision in
            decision.findings = Array(
                repeating: Finding(.execProbe, action: .deny, container: "app", message: "no", remedy: "do else"),
                count: findings
            )
        }
    }

    private static func verdict(_ name: String, _ containerClass: ContainerClass) -> ContainerVerdict {
        ContainerVerdict(
            container: Container(name: name, image: nil),
            containerClass: containerClass,
            evidence: [Evidence(.platform, "wasi/wasm")],
            program: []
        )
    }
}
