public import JSON

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
