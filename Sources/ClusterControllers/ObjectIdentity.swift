import JSON

/// The name and uid of an object, and the version of its spec.
struct ObjectIdentity: Sendable, Equatable {
    /// The object's name.
    let name: String
    /// The uid, which differs from that of an earlier object of the same name; empty if the object has none.
    let uid: String
    /// The version of the spec, which an update of the status does not change; 0 if the object has none.
    let generation: Int

    /// Reads the metadata of `object`; nil if it has no name.
    init?(_ object: JSONValue) {
        let metadata = object["metadata"]
        guard let name = metadata?["name"]?.string, !name.isEmpty else { return nil }
        self.name = name
        uid = metadata?["uid"]?.string ?? ""
        generation = (try? metadata?["generation"]?.asInt()) ?? 0
    }
}
