public import JSON

/// The fields of an object's metadata that a decision needs.
public struct ObjectMetadata: Sendable, Equatable {
    /// The object's name; nil or empty if the API server will generate one.
    public var name: String?
    /// The prefix of the name that the API server generates.
    public var generateName: String?
    /// The namespace; nil if the object does not contain it, because an admission request has it separately.
    public var namespace: String?
    /// The labels.
    public var labels: [String: String]
    /// The annotations; nil if the object has none, and a patch must then add the object.
    public var annotations: [String: String]?
    /// The owner that controls the object, such as a `ReplicaSet` or a `Job`; nil if there is none.
    public var controller: OwnerReference?
    /// Whether the object has a deletion timestamp and waits for its finalizers.
    public var isBeingDeleted: Bool

    /// Creates metadata; the defaults are those of absent fields.
    ///
    /// - Parameters:
    ///   - name: The object's name.
    ///   - generateName: The prefix of the name that the API server generates.
    ///   - namespace: The namespace.
    ///   - labels: The labels.
    ///   - annotations: The annotations; nil if the object has none.
    ///   - controller: The owner that controls the object.
    ///   - isBeingDeleted: Whether the object has a deletion timestamp.
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

    /// Reads metadata from the JSON of the Kubernetes API.
    ///
    /// - Throws: `FieldError` for a field of the wrong type.
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

    /// The name for people: the name, the prefix of a generated name with `*`, or `(no name)`.
    public var displayName: String {
        if let name, !name.isEmpty { return name }
        return generateName.map { $0 + "*" } ?? "(no name)"
    }
}
