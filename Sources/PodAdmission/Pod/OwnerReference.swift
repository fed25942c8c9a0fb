import JSON

/// The object that controls another (meta/v1, OwnerReference).
public struct OwnerReference: Sendable, Equatable {
    /// The owner's group and version, such as `apps/v1`; empty if it is not known.
    public var apiVersion: String
    /// The owner's kind, such as `ReplicaSet`.
    public var kind: String
    /// The owner's name; empty if it is not known.
    public var name: String
    /// The owner's uid; empty if it is not known.
    public var uid: String

    /// Creates a reference.
    ///
    /// - Parameters:
    ///   - apiVersion: The owner's group and version.
    ///   - kind: The owner's kind.
    ///   - name: The owner's name.
    ///   - uid: The owner's uid.
    public init(apiVersion: String = "", kind: String, name: String = "", uid: String = "") {
        self.apiVersion = apiVersion
        self.kind = kind
        self.name = name
        self.uid = uid
    }

    init(_ object: JSONObject) throws(FieldError) {
        apiVersion = try object.optionalString("apiVersion") ?? ""
        kind = try object.optionalString("kind") ?? ""
        name = try object.optionalString("name") ?? ""
        uid = try object.optionalString("uid") ?? ""
    }
}
