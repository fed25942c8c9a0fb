import Basics

/// One object of the API server, or a subresource of it.
public struct ObjectPath: Sendable, Hashable {
    /// Its kind.
    public let resource: KubernetesResource
    /// Its namespace; nil for objects of the whole cluster.
    public let namespace: String?
    /// Its name.
    public let name: String
    /// The subresource that is meant, such as `status`; nil for the object itself.
    public let subresource: String?

    /// Names an object.
    public init(_ resource: KubernetesResource, namespace: String? = nil, name: String, subresource: String? = nil) {
        self.resource = resource
        self.namespace = namespace
        self.name = name
        self.subresource = subresource
    }
}

extension KubernetesResource {
    /// The path of the kind's objects, in one namespace or in all.
    ///
    /// - Throws: ``KubernetesAPIError`` with `invalid` where a name cannot be one step of a path.
    func path(namespace: String?) throws(KubernetesAPIError) -> String {
        guard let namespace else { return "\(root)/\(plural)" }
        return "\(root)/namespaces/\(try step(namespace))/\(plural)"
    }

    /// The API server's rule for names in paths (apimachinery, pkg/api/validation/path).
    fileprivate func step(_ name: String) throws(KubernetesAPIError) -> String {
        let isStep = !name.isEmpty && name != "." && name != ".." && !name.utf8.contains { "/%".utf8.contains($0) }
        guard isStep else {
            throw KubernetesAPIError(.invalid, "\(plural): a name that is empty, . or .., or holds / or %")
        }
        return name.percentEncoded
    }
}

extension ObjectPath {
    /// The object's path.
    ///
    /// - Throws: ``KubernetesAPIError`` with `invalid` where a name cannot be one step of a path.
    func path() throws(KubernetesAPIError) -> String {
        let path = "\(try resource.path(namespace: namespace))/\(try resource.step(name))"
        return subresource.map { "\(path)/\($0.percentEncoded)" } ?? path
    }
}
