public import JSON

/// What the API server made of an object, and what it says about it.
public struct KubernetesResponse: Sendable {
    /// The object as it is stored, or would be for a dry run.
    public let object: JSONValue
    /// The warnings of the API server and of admission webhooks, in order.
    public let warnings: [String]

    /// Creates a reply.
    public init(object: JSONValue, warnings: [String] = []) {
        self.object = object
        self.warnings = warnings
    }
}

/// All objects of a kind at one moment.
///
/// The items of a list have neither `apiVersion` nor `kind`: the list's own say what they are.
public struct KubernetesList: Sendable {
    /// The objects.
    public let items: [JSONValue]
    /// The moment, from which a watch can go on.
    public let resourceVersion: String

    /// Creates a list.
    public init(items: [JSONValue], resourceVersion: String) {
        self.items = items
        self.resourceVersion = resourceVersion
    }
}
