import JSON

/// The fields of a Pod's spec that a decision needs.
public struct PodSpec: Sendable, Equatable {
    /// The runtime class; nil or empty for the node's default.
    public var runtimeClassName: String?
    /// Every container, in the order init, ordinary, ephemeral.
    public var containers: [Container]
    /// `Always`, `OnFailure` or `Never`.
    public var restartPolicy: String?
    /// The node labels that the Pod requires.
    public var nodeSelector: [String: String]
    /// The values of `kubernetes.io/arch` in the required node affinity.
    public var affinityArchitectures: [String]
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
    ///   - restartPolicy: `Always`, `OnFailure` or `Never`.
    ///   - nodeSelector: The node labels that the Pod requires.
    ///   - affinityArchitectures: The values of `kubernetes.io/arch` in the required node affinity.
    ///   - operatingSystem: `linux` or `windows`.
    ///   - runAsUser: The uid from the Pod's security context.
    ///   - imagePullSecrets: The names of the secrets with credentials for the Pod's images.
    ///   - serviceAccountName: The service account.
    public init(
        runtimeClassName: String? = nil,
        containers: [Container],
        restartPolicy: String? = nil,
        nodeSelector: [String: String] = [:],
        affinityArchitectures: [String] = [],
        operatingSystem: String? = nil,
        runAsUser: Int? = nil,
        imagePullSecrets: [String] = [],
        serviceAccountName: String? = nil
    ) {
        self.runtimeClassName = runtimeClassName
        self.containers = containers
        self.restartPolicy = restartPolicy
        self.nodeSelector = nodeSelector
        self.affinityArchitectures = affinityArchitectures
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
        restartPolicy = try object.optionalString("restartPolicy")
        nodeSelector =
            try object.optional("nodeSelector") { value throws(FieldError) in try value.asStringMap() } ?? [:]
        affinityArchitectures = try object.optionalObject("affinity").map(Self.architectures) ?? []
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

    /// The values of `kubernetes.io/arch` with the operator `In` in the required node affinity.
    private static func architectures(_ affinity: JSONObject) throws(FieldError) -> [String] {
        let required = try affinity.optionalObject("nodeAffinity")?
            .optionalObject("requiredDuringSchedulingIgnoredDuringExecution")
        var values: [String] = []
        for term in required?["nodeSelectorTerms"]?.array ?? [] {
            for expression in term["matchExpressions"]?.array ?? []
            where expression["key"]?.string == "kubernetes.io/arch" && expression["operator"]?.string == "In" {
                values += expression["values"]?.array?.compactMap(\.string) ?? []
            }
        }
        return values
    }
}
