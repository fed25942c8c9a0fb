import Basics

/// One object of the API server, or a subresource of it.
public struct ObjectPath: Sendable, Hashable {
    /// The object's kind.
    public let resource: KubernetesResource
    /// The object's namespace; nil for cluster-scoped objects.
    public let namespace: String?
    /// The object's name.
    public let name: String
    /// The subresource, such as `status`; nil for the object itself.
    public let subresource: String?

    /// Names an object, existing or not.
    ///
    /// - Parameters:
    ///   - resource: The object's kind.
    ///   - namespace: The object's namespace; nil for cluster-scoped objects.
    ///   - name: The object's name.
    ///   - subresource: The subresource, such as `status`; nil for the object itself.
    public init(_ resource: KubernetesResource, namespace: String? = nil, name: String, subresource: String? = nil) {
        self.resource = resource
        self.namespace = namespace
        self.name = name
        self.subresource = subresource
    }

    /// The object's path.
    ///
    /// - Returns: The path, percent-encoded.
    /// - Throws: ``KubernetesAPIError`` with `invalid` if a name is not a valid path segment.
    func path() throws(KubernetesAPIError) -> String {
        let path = "\(try resource.path(namespace: namespace))/\(try resource.segment(name))"
        return subresource.map { "\(path)/\($0.percentEncoded)" } ?? path
    }
}

extension KubernetesResource {
    /// The path of the kind's objects, in one namespace or in all.
    ///
    /// - Parameter namespace: The namespace; nil for all.
    /// - Returns: The path, percent-encoded.
    /// - Throws: ``KubernetesAPIError`` with `invalid` if the namespace is not a valid path segment.
    func path(namespace: String?) throws(KubernetesAPIError) -> String {
        guard let namespace else { return "\(root)/\(plural)" }
        return "\(root)/namespaces/\(try segment(namespace))/\(plural)"
    }

    /// The API server's rule for names in paths (apimachinery, pkg/api/validation/path).
    fileprivate func segment(_ name: String) throws(KubernetesAPIError) -> String {
        let isSegment = !name.isEmpty && name != "." && name != ".." && !name.utf8.contains { "/%".utf8.contains($0) }
        guard isSegment else {
            throw KubernetesAPIError(.invalid, "\(plural): a name is empty, is . or .., or contains / or %")
        }
        return name.percentEncoded
    }
}
