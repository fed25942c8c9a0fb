import JSON
import PodAdmission

/// Which object a document is, and which version of its spec.
struct ObjectIdentity: Sendable, Equatable {
    /// The object's name.
    let name: String
    /// What tells it from an earlier object of the same name; empty where it is not said.
    let uid: String
    /// The version of its spec, which a change of its status leaves alone; 0 where it is not said.
    let generation: Int

    /// Nil where the document has no name.
    init?(_ object: JSONValue) {
        let metadata = object["metadata"]
        guard let name = metadata?["name"]?.string, !name.isEmpty else { return nil }
        self.name = name
        uid = metadata?["uid"]?.string ?? ""
        generation = (try? metadata?["generation"]?.asInt()) ?? 0
    }
}
