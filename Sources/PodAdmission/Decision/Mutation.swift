import JSON

/// The changes to a Pod that crun with WasmEdge needs to run it.
struct Mutation: Equatable {
    /// The runtime class to set; nil if the Pod has one.
    var runtimeClassName: String?
    /// The variant annotation to set; nil if the Pod has the right one.
    var variant: String?
    /// The containers to pin, with their new image references.
    var pins: [(container: Container, image: String)] = []
    /// The image volumes to pin, with their new image references.
    var volumePins: [(volume: Volume, image: String)] = []
    /// The containers to add `DNS_SERVER` to, and its value.
    var dnsServer: (containers: [Container], address: String)?
    /// The record of the decision; nil if the Pod has it already.
    var record: String?

    static func == (left: Mutation, right: Mutation) -> Bool {
        left.runtimeClassName == right.runtimeClassName && left.variant == right.variant && left.record == right.record
            && left.pins.map(\.image) == right.pins.map(\.image)
            && left.volumePins.map(\.image) == right.volumePins.map(\.image)
            && left.dnsServer?.containers == right.dnsServer?.containers
            && left.dnsServer?.address == right.dnsServer?.address
    }

    /// Computes the changes; there are none if no container is Wasm, or if the Pod's class is not one of crun's.
    ///
    /// There are also none if the API server would reject the Pod with the policy's class. The checks then report it
    /// with a better message than the API server's.
    ///
    /// - Parameters:
    ///   - pod: The Pod.
    ///   - verdicts: Its containers, with their classes.
    ///   - policy: The policy for the Pod.
    ///   - cluster: The runtime classes of the cluster.
    ///   - record: The record of the decision.
    init(
        for pod: Pod,
        verdicts: [ContainerVerdict],
        policy: WasmPolicy,
        cluster: ClusterKnowledge,
        record: String?
    ) {
        let ownClass = pod.spec.namedRuntimeClass
        guard !pod.asksForWindows else { return }
        let wasm = verdicts.filter { $0.containerClass == .wasm }
        let isAlone = wasm.count == verdicts.count
        let variant = pod.metadata.annotation(AnnotationKey.variant)
        guard !wasm.isEmpty else {
            // A Pod without Wasm is changed in one case: with compat, crun would run its native programs in WasmEdge.
            let hasNative = verdicts.contains { $0.containerClass == .native }
            if policy.runtime.canBeCrun(ownClass), hasNative, variant == WasmPolicy.Variant.compat.rawValue {
                self.variant = WasmPolicy.Variant.compatSmart.rawValue
            }
            return
        }
        guard ownClass.map(policy.runtime.isMixed) ?? true else { return }
        if ownClass == nil {
            let wanted = policy.runtime.runtimeClassName
            guard !cluster.lacks(wanted), cluster.contradiction(of: wanted, to: pod) == nil else { return }
            runtimeClassName = wanted
        }
        if variant == nil {
            // If all containers are Wasm, compat makes crun run a program whose name does not end in .wasm.
            let needsCompat = isAlone && wasm.contains { $0.isNamedWasm == false }
            let wanted: WasmPolicy.Variant = needsCompat ? .compat : isAlone ? policy.runtime.variant : .compatSmart
            self.variant = wanted.rawValue
        } else if variant == WasmPolicy.Variant.compat.rawValue, !isAlone {
            self.variant = WasmPolicy.Variant.compatSmart.rawValue
        }
        for verdict in wasm {
            guard let digest = verdict.pin, let image = verdict.container.image,
                let reference = try? ImageReference(image)
            else { continue }
            pins.append((verdict.container, reference.pinned(to: digest)))
        }
        for module in wasm.compactMap(\.moduleVolume) {
            guard let digest = module.pin, let reference = module.reference,
                !volumePins.contains(where: { $0.volume.index == module.volume.index })
            else { continue }
            volumePins.append((module.volume, reference.pinned(to: digest)))
        }
        if let address = policy.dnsServer {
            let containers = wasm.map(\.container).filter {
                !($0.environment ?? []).contains { $0.name == "DNS_SERVER" }
            }
            if !containers.isEmpty { dnsServer = (containers, address) }
        }
        if let record, !(pod.metadata.annotation(AnnotationKey.decision).map { saysTheSame(record, as: $0) } ?? false) {
            self.record = record
        }
    }

    /// The JSON Patch operations for the changes; the parent of each exists in `pod`.
    func patch(for pod: Pod) -> [JSONPatchOperation] {
        var patch = annotationPatch(for: pod)
        if let runtimeClassName {
            patch.append(JSONPatchOperation(add: ["spec", "runtimeClassName"], value: .string(runtimeClassName)))
        }
        for (container, image) in pins {
            patch.append(JSONPatchOperation(add: container.path + ["image"], value: .string(image)))
        }
        for (volume, image) in volumePins {
            patch.append(JSONPatchOperation(add: volume.referencePath, value: .string(image)))
        }
        if let dnsServer {
            for container in dnsServer.containers {
                let variable: JSONValue = ["name": "DNS_SERVER", "value": .string(dnsServer.address)]
                let isThere = container.environment != nil
                patch.append(
                    JSONPatchOperation(
                        add: container.path + (isThere ? ["env", "-"] : ["env"]),
                        value: isThere ? variable : [variable]
                    )
                )
            }
        }
        return patch
    }

    private func annotationPatch(for pod: Pod) -> [JSONPatchOperation] {
        var members: [JSONObject.Member] = []
        if let variant { members.append(.init(key: AnnotationKey.variant, value: .string(variant))) }
        if let record { members.append(.init(key: AnnotationKey.decision, value: .string(record))) }
        guard !members.isEmpty else { return [] }
        guard pod.hasMetadata else {
            return [JSONPatchOperation(add: ["metadata"], value: ["annotations": .object(JSONObject(members))])]
        }
        guard pod.metadata.annotations != nil else {
            return [JSONPatchOperation(add: ["metadata", "annotations"], value: .object(JSONObject(members)))]
        }
        return members.map { JSONPatchOperation(add: ["metadata", "annotations", $0.key], value: $0.value) }
    }

    /// The Pod with the class and the variant of the mutation, for the checks in mode `DryRun`.
    func applied(to pod: Pod) -> Pod {
        var pod = pod
        if let runtimeClassName { pod.spec.runtimeClassName = runtimeClassName }
        if let variant {
            pod.metadata.annotations = (pod.metadata.annotations ?? [:]).merging([AnnotationKey.variant: variant]) {
                $1
            }
        }
        return pod
    }
}

extension PodSpec {
    /// The runtime class that the Pod names; nil for an empty name, as for the API server.
    var namedRuntimeClass: String? {
        runtimeClassName.flatMap { $0.isEmpty ? nil : $0 }
    }
}

extension Pod {
    /// Whether the Pod requires a Windows node.
    var asksForWindows: Bool {
        spec.operatingSystem == "windows"
            || (!spec.nodeLabels(.os).isEmpty && spec.nodeLabels(.os).allSatisfy { $0 == "windows" })
    }
}
