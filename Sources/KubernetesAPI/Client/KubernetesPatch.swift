public import JSON

/// A change of an object.
public enum KubernetesPatch: Sendable {
    /// A JSON merge patch (RFC 7396): null removes a member, a list replaces the whole list.
    case merge(JSONValue)
    /// A JSON patch (RFC 6902): operations, each an object, all of which apply or none.
    case json([JSONValue])
    /// A server-side apply: the fields that this manager wants, owned by it from then on.
    ///
    /// Makes the object where there is none. With `force` fields of other managers are taken over.
    case apply(JSONValue, fieldManager: String, force: Bool)

    /// The body.
    var body: JSONValue {
        switch self {
        case .merge(let body), .apply(let body, _, _): body
        case .json(let operations): .array(operations)
        }
    }

    /// The body's type.
    ///
    /// JSON is YAML, and `apply-patch+yaml` is the only type that API servers before 1.32 know for an apply.
    var contentType: String {
        switch self {
        case .merge: "application/merge-patch+json"
        case .json: "application/json-patch+json"
        case .apply: "application/apply-patch+yaml"
        }
    }

    /// The parameters of the request.
    var query: [URLQuery.Item] {
        switch self {
        case .merge, .json: []
        case .apply(_, let manager, let force): [("fieldManager", manager), ("force", String(force))]
        }
    }
}
