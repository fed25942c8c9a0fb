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
