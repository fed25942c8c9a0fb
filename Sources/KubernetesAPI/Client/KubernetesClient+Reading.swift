public import PodAdmission

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
        let selection = Selection(
            resource,
            namespace: namespace,
            labelSelector: labelSelector,
            fieldSelector: fieldSelector
        )
        return try await list(selection)
    }

    /// All objects of a selection, or what is kept of them; a page that comes too late begins the list anew, once.
    ///
    /// - Parameters:
    ///   - size: How many objects a page may have; only one page of whole objects is in memory at a time.
    ///   - keeping: What is kept of an object; nil for nothing.
    func list(
        _ selection: Selection,
        pagesOf size: Int = 500,
        keeping: (JSONValue) -> JSONValue? = { $0 }
    ) async throws(KubernetesAPIError) -> KubernetesList {
        do throws(KubernetesAPIError) { return try await pages(of: selection, size: size, keeping: keeping) } catch {
            guard error.code == .gone else { throw error }
            return try await pages(of: selection, size: size, keeping: keeping)
        }
    }

    private func pages(
        of selection: Selection,
        size: Int,
        keeping: (JSONValue) -> JSONValue?
    ) async throws(KubernetesAPIError) -> KubernetesList {
        var items: [JSONValue] = []
        let version = try await pages(of: selection, size: size) { page in
            items += page.compactMap(keeping)
            return true
        }
        return KubernetesList(items: items, resourceVersion: version)
    }
}
