public import PodAdmission

extension KubernetesClient {
    /// Hands on all objects of a kind, in one namespace or in all, by pages of which only one is in memory at a time.
    ///
    /// Needs the verb `list`.
    /// - Parameters:
    ///   - size: How many objects a page may have.
    ///   - onPage: Told of the objects of each page; false ends the list.
    /// - Throws: ``KubernetesAPIError`` with `gone` where a page comes too late for the API server to go on.
    public func list(
        _ resource: KubernetesResource,
        namespace: String? = nil,
        pagesOf size: Int,
        onPage: ([JSONValue]) -> Bool
    ) async throws(KubernetesAPIError) {
        _ = try await pages(of: Selection(resource, namespace: namespace), size: size, onPage)
    }

    /// Hands on the pages of a selection.
    ///
    /// - Returns: The moment that all pages are of.
    func pages(
        of selection: Selection,
        size: Int = 500,
        _ onPage: ([JSONValue]) -> Bool
    ) async throws(KubernetesAPIError) -> String {
        var call = APICall.get(try selection.path())
        call.limit = 64 << 20
        call.accept = selection.listType
        var version: String?
        var token: String?
        // An end for a server that always has one more page: two million objects.
        for _ in 0..<(2_000_000 / max(1, size)) {
            call.query = selection.query + [("limit", String(size))] + (token.map { [("continue", $0)] } ?? [])
            let page = try await object(call)
            // All pages are of the first one's moment.
            version = version ?? page["metadata"]?["resourceVersion"]?.string
            token = page["metadata"]?["continue"]?.string
            let isWanted = onPage(page["items"]?.array ?? [])
            guard let version else { break }
            if !isWanted || token?.isEmpty ?? true { return version }
        }
        throw KubernetesAPIError(.refused, "\(call.subject): a list without a version or without an end")
    }
}
