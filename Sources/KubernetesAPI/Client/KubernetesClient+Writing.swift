public import JSON
import NIOHTTP1

extension KubernetesClient {
    /// Makes an object.
    ///
    /// Needs the verb `create`.
    /// - Parameter dryRun: whether everything is done but the storing, admission included.
    public func create(
        _ object: JSONValue,
        as resource: KubernetesResource,
        namespace: String? = nil,
        dryRun: Bool = false
    ) async throws(KubernetesAPIError) -> KubernetesResponse {
        let path = try resource.path(namespace: namespace)
        let call = APICall(.POST, path, query: Self.dryRun(dryRun), object, type: "application/json")
        let answer = try await send(call)
        return KubernetesResponse(object: try answer.object(call), warnings: answer.warnings)
    }

    /// Replaces an object.
    ///
    /// Needs the verb `update`.
    /// - Throws: ``KubernetesAPIError`` with `conflict` where the object's `metadata.resourceVersion` is old.
    public func replace(_ object: JSONValue, at path: ObjectPath) async throws(KubernetesAPIError) -> JSONValue {
        try await self.object(APICall(.PUT, try path.path(), object, type: "application/json"))
    }

    /// Changes an object.
    ///
    /// Needs the verb `patch`, and for an apply that makes the object `create` as well.
    /// - Parameter dryRun: whether everything is done but the storing, admission included.
    public func patch(
        _ path: ObjectPath,
        _ patch: KubernetesPatch,
        dryRun: Bool = false
    ) async throws(KubernetesAPIError) -> JSONValue {
        let query = patch.query + Self.dryRun(dryRun)
        return try await object(APICall(.PATCH, try path.path(), query: query, patch.body, type: patch.contentType))
    }

    /// Removes an object.
    ///
    /// Needs the verb `delete`.
    public func delete(_ path: ObjectPath) async throws(KubernetesAPIError) {
        _ = try await send(APICall(method: .DELETE, path: try path.path()))
    }

    /// Sets labels of a node, and removes those whose value is nil.
    ///
    /// Needs the verb `patch` on `nodes`. A JSON merge patch (RFC 7396), so that the other labels stay whatever they are.
    public func label(node: String, _ labels: [String: String?]) async throws(KubernetesAPIError) {
        let members = labels.sorted { $0.key < $1.key }.map { label in
            JSONObject.Member(key: label.key, value: label.value.map(JSONValue.string) ?? .null)
        }
        let patch = KubernetesPatch.merge(["metadata": ["labels": .object(JSONObject(members))]])
        let path = try ObjectPath(.nodes, name: node).path()
        _ = try await send(APICall(.PATCH, path, patch.body, type: patch.contentType))
    }

    private static func dryRun(_ isDryRun: Bool) -> [URLQuery.Item] { isDryRun ? [("dryRun", "All")] : [] }
}
