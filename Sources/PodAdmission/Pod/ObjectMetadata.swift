public import JSON

/// The members of an object's metadata that matter here.
public struct ObjectMetadata: Sendable, Equatable {
    /// The object's name; empty while the API server is still to generate one.
    public var name: String?
    /// The prefix of a name that the API server generates.
    public var generateName: String?
    /// The namespace; inside an admission request it may be absent, the request's own counts then.
    public var namespace: String?
    /// The labels.
    public var labels: [String: String]
    /// The annotations; nil where the object has no such member, which a patch has to know.
    public var annotations: [String: String]?
    /// The owner that controls the object, such as a `ReplicaSet` or a `Job`; nil where there is none.
    public var controller: OwnerReference?
    /// Whether the object waits for its finalizers.
    public var isBeingDeleted: Bool

    /// Creates metadata.
    public init(
        name: String? = nil,
        generateName: String? = nil,
        namespace: String? = nil,
        labels: [String: String] = [:],
        annotations: [String: String]? = nil,
        controller: OwnerReference? = nil,
        isBeingDeleted: Bool = false
    ) {
        self.name = name
        self.generateName = generateName
        self.namespace = namespace
        self.labels = labels
        self.annotations = annotations
        self.controller = controller
        self.isBeingDeleted = isBeingDeleted
    }

    /// Reads metadata from an object of the Kubernetes interface.
    public init(_ value: JSONValue) throws(FieldError) {
        let object = try value.asObject()
        name = try object.optionalString("name")
        generateName = try object.optionalString("generateName")
        namespace = try object.optionalString("namespace")
        labels = try object.optional("labels") { value throws(FieldError) in try value.asStringMap() } ?? [:]
        annotations = try object.optional("annotations") { value throws(FieldError) in try value.asStringMap() }
        isBeingDeleted = try object.optionalString("deletionTimestamp") != nil
        let owners = try object.optional("ownerReferences") { value throws(FieldError) in
            try value.asArray { value throws(FieldError) in try value.asObject() }
        }
        controller = try owners?.first { $0["controller"] == .bool(true) }.map { owner throws(FieldError) in
            try OwnerReference(owner)
        }
    }

    /// The kind of the owner that controls the object.
    public var controllerKind: String? { controller?.kind }

    /// The annotation `key`, or nil.
    public func annotation(_ key: String) -> String? { annotations?[key] }

    /// The name to show to a person; a generated name is shown by its prefix.
    public var displayName: String {
        if let name, !name.isEmpty { return name }
        return generateName.map { $0 + "*" } ?? "(no name)"
    }
}
