public import JSON

extension KubernetesClient {
    /// One object.
    ///
    /// Needs the verb `get`.
    public func get(_ path: ObjectPath) async throws(KubernetesAPIError) -> JSONValue {
        try await object(.get(try path.path()))
    }

    /// All objects of a kind, in one namespace or in all, in pages of 500.
    ///
    /// Needs the verb `list`. A page that comes too late for the API server to go on begins the list anew, once.
    public func list(
        _ resource: KubernetesResource,
        namespace: String? = nil,
        labelSelector: String? = nil,
        fieldSelector: String? = nil
    ) async throws(KubernetesAPIError) -> KubernetesList {
        let selection = ListOptions(
            resource,
            namespace: namespace,
            labelSelector: labelSelector,
            fieldSelector: fieldSelector
        )
        return try await list(selection)
    }
}
