import JSON

extension Check {
    static let runtimeClassMissing = Check(
        code: .runtimeClassMissing,
        defaultAction: .deny,
        reason: "the runtime class that Polypod would add to the Pod does not exist in the cluster",
        remedy: "kubectl apply -f deploy/runtime-classes.yaml, or name another class in the policy"
    ) { input in
        guard input.followsCrun, input.context.operation == .create, input.context.cluster.lacks(input.wantedClass)
        else { return [] }
        let shown = input.wantedClass.plainText(limit: 40)
        return input.wasm.map {
            Observation($0.container.name, "is Wasm, but the cluster has no runtime class \"\(shown)\"")
        }
    }

    static let runtimeClassUnschedulable = Check(
        code: .runtimeClassUnschedulable,
        defaultAction: .deny,
        reason:
            "the class requires a node label that the Pod's nodeSelector excludes (deny) or that no node has (warn)",
        remedy: "label a node that has the runtime, as `polypod node install --node` does"
    ) { input in
        guard input.followsCrun, input.context.operation == .create, !input.wasm.isEmpty else { return [] }
        let shown = input.wantedClass.plainText(limit: 40)
        if let label = input.context.cluster.contradiction(of: input.wantedClass, to: input.pod) {
            return [
                Observation(
                    nil,
                    "the class \(shown) requires another value of \(label.plainText(limit: 40)) than the Pod's nodeSelector",
                    remedy: "remove that label from the Pod's nodeSelector"
                )
            ]
        }
        guard input.context.cluster.runtimeClasses?[input.wantedClass]?.matchingNodes == 0 else { return [] }
        return [
            Observation(nil, "no node has the labels that the class \(shown) requires", defaultAction: .warn)
        ]
    }
}
