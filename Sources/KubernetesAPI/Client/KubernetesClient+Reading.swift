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

    /// All objects of a selection.
    func list(_ selection: Selection) async throws(KubernetesAPIError) -> KubernetesList {
        do throws(KubernetesAPIError) { return try await pages(selection) } catch {
            guard error.code == .gone else { throw error }
            return try await pages(selection)
        }
    }

    private func pages(_ selection: Selection) async throws(KubernetesAPIError) -> KubernetesList {
        var call = APICall.get(try selection.path())
        call.limit = 64 << 20
        call.accept = selection.listType
        var items: [JSONValue] = []
        var version: String?
        var token: String?
        // An end for a server that always has one more page: two million objects.
        for _ in 0..<4000 {
            call.query = selection.query + [("limit", "500")] + (token.map { [("continue", $0)] } ?? [])
            let page = try await object(call)
            items += page["items"]?.array ?? []
            // All pages are of the first one's moment.
            version = version ?? page["metadata"]?["resourceVersion"]?.string
            token = page["metadata"]?["continue"]?.string
            if token?.isEmpty ?? true { break }
        }
        guard let version, token?.isEmpty ?? true else {
            throw KubernetesAPIError(.refused, "\(call.subject): a list without a version or without an end")
        }
        return KubernetesList(items: items, resourceVersion: version)
    }
}
