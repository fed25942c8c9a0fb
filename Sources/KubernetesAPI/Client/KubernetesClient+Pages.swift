import JSON

extension KubernetesClient {
    /// All objects of a selection, or what is kept of them; a page that comes too late begins the list anew, once.
    ///
    /// - Parameters:
    ///   - size: How many objects a page may have; only one page of whole objects is in memory at a time.
    ///   - keeping: What is kept of an object; nil for nothing.
    func list(
        _ selection: ListOptions,
        pagesOf size: Int = 500,
        keeping: (JSONValue) -> JSONValue? = { $0 }
    ) async throws(KubernetesAPIError) -> KubernetesList {
        do throws(KubernetesAPIError) { return try await pages(of: selection, size: size, keeping) } catch {
            guard error.code == .gone else { throw error }
            return try await pages(of: selection, size: size, keeping)
        }
    }

    private func pages(
        of selection: ListOptions,
        size: Int,
        _ keeping: (JSONValue) -> JSONValue?
    ) async throws(KubernetesAPIError) -> KubernetesList {
        var call = APICall.get(try selection.path())
        call.limit = 64 << 20
        call.accept = selection.listType
        var items: [JSONValue] = []
        var version: String?
        var token: String?
        // An end for a server that always has one more page: two million objects.
        for _ in 0..<(2_000_000 / max(1, size)) {
            call.query = selection.query + [("limit", String(size))] + (token.map { [("continue", $0)] } ?? [])
            let page = try await object(call)
            // All pages are of the first one's moment.
            version = version ?? page["metadata"]?["resourceVersion"]?.string
            token = page["metadata"]?["continue"]?.string
            for item in page["items"]?.array ?? [] {
                if let kept = keeping(item) { items.append(kept) }
            }
            guard let version else { break }
            if token?.isEmpty ?? true { return KubernetesList(items: items, resourceVersion: version) }
        }
        throw KubernetesAPIError(.refused, "\(call.subject): a list without a version or without an end")
    }
}
