import JSON

/// The fields of a Pod's spec that a decision needs.
public struct PodSpec: Sendable, Equatable {
    /// The runtime class; nil or empty for the node's default.
    public var runtimeClassName: String?
    /// Every container, in the order init, ordinary, ephemeral.
    public var containers: [Container]
    /// The volumes, in their order.
    public var volumes: [Volume]
    /// `Always`, `OnFailure` or `Never`.
    public var restartPolicy: String?
    /// The node labels that the Pod requires.
    public var nodeSelector: [String: String]
    /// The terms of the required node affinity, one of which a node must match: the values of each label that a term
    /// requires with `In`.
    public var affinityTerms: [[String: [String]]]
    /// `linux` or `windows`; nil if the Pod does not set it.
    public var operatingSystem: String?
    /// The uid from the Pod's security context.
    public var runAsUser: Int?
    /// The names of the secrets with credentials for the Pod's images, in the Pod's order.
    public var imagePullSecrets: [String]
    /// The service account; nil for the namespace's default.
    public var serviceAccountName: String?

    /// Creates a spec; the defaults are those of absent fields.
    ///
    /// - Parameters:
    ///   - runtimeClassName: The runtime class.
    ///   - containers: Every container, in the order init, ordinary, ephemeral.
    ///   - volumes: The volumes, in their order.
    ///   - restartPolicy: `Always`, `OnFailure` or `Never`.
    ///   - nodeSelector: The node labels that the Pod requires.
    ///   - affinityTerms: The terms of the required node affinity.
    ///   - operatingSystem: `linux` or `windows`.
    ///   - runAsUser: The uid from the Pod's security context.
    ///   - imagePullSecrets: The names of the secrets with credentials for the Pod's images.
    ///   - serviceAccountName: The service account.
    public init(
        runtimeClassName: String? = nil,
        containers: [Container],
        volumes: [Volume] = [],
        restartPolicy: String? = nil,
        nodeSelector: [String: String] = [:],
        affinityTerms: [[String: [String]]] = [],
        operatingSystem: String? = nil,
        runAsUser: Int? = nil,
        imagePullSecrets: [String] = [],
        serviceAccountName: String? = nil
    ) {
        self.runtimeClassName = runtimeClassName
        self.containers = containers
        self.volumes = volumes
        self.restartPolicy = restartPolicy
        self.nodeSelector = nodeSelector
        self.affinityTerms = affinityTerms
        self.operatingSystem = operatingSystem
        self.runAsUser = runAsUser
        self.imagePullSecrets = imagePullSecrets
        self.serviceAccountName = serviceAccountName
    }

    init(_ value: JSONValue) throws(FieldError) {
        let object = try value.asObject()
        runtimeClassName = try object.optionalString("runtimeClassName")
        containers = []
        for (list, kind) in [
            ("initContainers", ContainerKind.initContainer), ("containers", .container),
            ("ephemeralContainers", .ephemeral),
        ] {
            let entries = try object.optional(list) { value throws(FieldError) in
                try value.asArray { value throws(FieldError) in try Container(value, kind: kind) }
            }
            for (index, var container) in (entries ?? []).enumerated() {
                container.index = index
                containers.append(container)
            }
        }
        volumes =
            try object.optional("volumes") { value throws(FieldError) in
                try value.asArray { value throws(FieldError) in try Volume(value) }
            } ?? []
        for index in volumes.indices { volumes[index].index = index }
        restartPolicy = try object.optionalString("restartPolicy")
        nodeSelector =
            try object.optional("nodeSelector") { value throws(FieldError) in try value.asStringMap() } ?? [:]
        affinityTerms = try object.optionalObject("affinity").map(Self.terms) ?? []
        operatingSystem = try object.optionalObject("os")?.optionalString("name")
        runAsUser = try object.optionalObject("securityContext")?.optional("runAsUser") { value throws(FieldError) in
            try value.asInt()
        }
        let secrets = try object.optional("imagePullSecrets") { value throws(FieldError) in
            try value.asArray { value throws(FieldError) in try value.asObject().optionalString("name") ?? "" }
        }
        imagePullSecrets = (secrets ?? []).filter { !$0.isEmpty }
        serviceAccountName = try object.optionalString("serviceAccountName").flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The labels that each term of the required node affinity requires with the operator `In`.
    private static func terms(_ affinity: JSONObject) throws(FieldError) -> [[String: [String]]] {
        let required = try affinity.optionalObject("nodeAffinity")?
            .optionalObject("requiredDuringSchedulingIgnoredDuringExecution")
        return (required?["nodeSelectorTerms"]?.array ?? []).map { term in
            var labels: [String: [String]] = [:]
            for expression in term["matchExpressions"]?.array ?? [] where expression["operator"]?.string == "In" {
                guard let key = expression["key"]?.string else { continue }
                labels[key, default: []] += expression["values"]?.array?.compactMap(\.string) ?? []
            }
            return labels
        }
    }

    /// The well-known node labels that decide which programs a node can run.
    enum NodeLabel {
        case os, architecture

        /// The keys, the current one and the deprecated one, which nodes have too.
        var keys: [String] {
            self == .os
                ? ["kubernetes.io/os", "beta.kubernetes.io/os"] : ["kubernetes.io/arch", "beta.kubernetes.io/arch"]
        }
    }

    /// The values of a label that the Pod requires of its node; empty if it requires none.
    ///
    /// With several terms of node affinity, a node needs to match one. So there are values only if every term has some.
    func nodeLabels(_ label: NodeLabel) -> [String] {
        let selected = label.keys.compactMap { nodeSelector[$0] }
        guard selected.isEmpty else { return selected }
        let byTerm = affinityTerms.map { term in label.keys.flatMap { term[$0] ?? [] } }
        return byTerm.contains(where: \.isEmpty) ? [] : byTerm.flatMap { $0 }
    }
}
