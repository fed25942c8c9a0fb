public import JSON
import NIOHTTP1

/// Reads and writes objects of the API server.
///
/// Requests go to no other host: redirects are errors, and the certificate is always verified. A write is sent once. A
/// read is sent a second time if the connection breaks.
public struct KubernetesClient: Sendable {
    private let transport: APITransport

    /// Creates a client that ``shutdown()`` has to close.
    ///
    /// - Parameters:
    ///   - access: The API server and the credential.
    ///   - timeout: The longest time of one request, with its connection and its body.
    public init(_ access: ClusterAccess, timeout: Duration = .seconds(15)) {
        self.init(access, timeout: timeout, quietWatch: .seconds(90))
    }

    /// Creates a client whose watches end after a silence of `quietWatch`.
    init(_ access: ClusterAccess, timeout: Duration, quietWatch: Duration) {
        transport = APITransport(access, timeout: timeout, quietWatch: quietWatch)
    }

    private init(_ transport: APITransport) {
        self.transport = transport
    }

    /// Closes all connections; later requests fail.
    public func shutdown() async { await transport.shutdown() }

    /// Runs `body` with a client and closes it afterwards.
    ///
    /// - Parameters:
    ///   - access: The API server and the credential.
    ///   - timeout: The longest time of one request, with its connection and its body.
    ///   - body: The work with the client.
    /// - Returns: The result of `body`.
    /// - Throws: Any error of `body`.
    public static func withClient<Result>(
        for access: ClusterAccess,
        timeout: Duration = .seconds(15),
        _ body: (KubernetesClient) async throws -> Result
    ) async throws -> Result {
        let client = KubernetesClient(access, timeout: timeout)
        do {
            let result = try await body(client)
            await client.shutdown()
            return result
        } catch {
            await client.shutdown()
            throw error
        }
    }

    /// The same client with requests that take at most `timeout`.
    func limited(to timeout: Duration) -> KubernetesClient { KubernetesClient(transport.limited(to: timeout)) }

    /// Reads one object; needs the verb `get`.
    ///
    /// - Parameter path: The object.
    /// - Returns: The object.
    /// - Throws: ``KubernetesAPIError``, with `notFound` if it does not exist.
    public func get(_ path: ObjectPath) async throws(KubernetesAPIError) -> JSONValue {
        try await transport.object(.get(try path.path()))
    }

    /// Lists the objects of a kind in pages of 500; needs the verb `list`.
    ///
    /// If the API server can no longer continue the list, it starts again, once.
    /// - Parameters:
    ///   - resource: The kind.
    ///   - namespace: The namespace; nil for all.
    /// - Returns: The objects and their resource version.
    /// - Throws: ``KubernetesAPIError``.
    public func list(
        _ resource: KubernetesResource,
        namespace: String? = nil
    ) async throws(KubernetesAPIError) -> KubernetesList {
        try await list(ListOptions(resource, namespace: namespace))
    }

    /// Lists objects, or the parts of them that `keeping` returns.
    ///
    /// If the API server can no longer continue the list, it starts again, once.
    /// - Parameters:
    ///   - options: The objects to list.
    ///   - size: The largest number of objects of a page; only one page of whole objects is in memory at a time.
    ///   - keeping: The part of an object to keep; nil to drop the object.
    /// - Returns: The objects and their resource version.
    /// - Throws: ``KubernetesAPIError``.
    func list(
        _ options: ListOptions,
        pagesOf size: Int = 500,
        keeping: (JSONValue) -> JSONValue? = { $0 }
    ) async throws(KubernetesAPIError) -> KubernetesList {
        do throws(KubernetesAPIError) { return try await pages(of: options, size: size, keeping) } catch {
            guard error.code == .gone else { throw error }
            return try await pages(of: options, size: size, keeping)
        }
    }

    private func pages(
        of options: ListOptions,
        size: Int,
        _ keeping: (JSONValue) -> JSONValue?
    ) async throws(KubernetesAPIError) -> KubernetesList {
        var call = APICall.get(try options.path())
        call.limit = 64 << 20
        call.accept = options.listType
        var items: [JSONValue] = []
        var version: String?
        var token: String?
        // A limit for a server that always sends one more page: two million objects.
        for _ in 0..<(2_000_000 / max(1, size)) {
            call.query = [("limit", String(size))] + (token.map { [("continue", $0)] } ?? [])
            let page = try await transport.object(call)
            // All pages have the resource version of the first page.
            version = version ?? page["metadata"]?["resourceVersion"]?.string
            token = page["metadata"]?["continue"]?.string
            for item in page["items"]?.array ?? [] {
                if let kept = keeping(item) { items.append(kept) }
            }
            guard let version else { break }
            if token?.isEmpty ?? true { return KubernetesList(items: items, resourceVersion: version) }
        }
        throw KubernetesAPIError(.refused, "\(call.subject): the list has no resource version or no end")
    }

    /// Watches objects until the API server or the connection ends the watch.
    func watch(
        _ request: WatchRequest,
        onStart: () -> Void,
        onEvent: (WatchEvent) -> Bool
    ) async -> WatchRequest.End {
        await request.run(on: transport, onStart: onStart, onEvent: onEvent)
    }

    /// Creates an object; needs the verb `create`.
    ///
    /// - Parameters:
    ///   - object: The object.
    ///   - resource: The object's kind.
    ///   - namespace: The object's namespace; nil if the kind has none.
    ///   - dryRun: Whether the API server runs everything, admission included, and does not store the object.
    /// - Returns: The created object and the API server's warnings.
    /// - Throws: ``KubernetesAPIError``, with `alreadyExists` if the name is taken.
    public func create(
        _ object: JSONValue,
        as resource: KubernetesResource,
        namespace: String? = nil,
        dryRun: Bool = false
    ) async throws(KubernetesAPIError) -> KubernetesResponse {
        var call = APICall(.POST, try resource.path(namespace: namespace), object, type: "application/json")
        if dryRun { call.query = [("dryRun", "All")] }
        let response = try await transport.send(call)
        return KubernetesResponse(object: try response.object(call), warnings: response.warnings)
    }

    /// Replaces an object; needs the verb `update`.
    ///
    /// - Parameters:
    ///   - object: The new object.
    ///   - path: The object to replace.
    /// - Returns: The object as it is stored.
    /// - Throws: ``KubernetesAPIError``, with `conflict` if the object's `metadata.resourceVersion` is old.
    public func replace(_ object: JSONValue, at path: ObjectPath) async throws(KubernetesAPIError) -> JSONValue {
        try await transport.object(APICall(.PUT, try path.path(), object, type: "application/json"))
    }

    /// Changes an object; needs the verb `patch`.
    ///
    /// - Parameters:
    ///   - path: The object.
    ///   - patch: The change.
    /// - Returns: The object as it is stored.
    /// - Throws: ``KubernetesAPIError``, with `invalid` if the patch does not apply.
    public func patch(
        _ path: ObjectPath,
        _ patch: KubernetesPatch
    ) async throws(KubernetesAPIError) -> JSONValue {
        try await transport.object(APICall(.PATCH, try path.path(), patch.body, type: patch.contentType))
    }

    /// Sets labels of a node and removes those whose value is nil; needs the verb `patch` on `nodes`.
    ///
    /// The request is a JSON merge patch (RFC 7396), so that the other labels stay as they are.
    /// - Parameters:
    ///   - node: The node's name.
    ///   - labels: The labels.
    /// - Throws: ``KubernetesAPIError``, with `notFound` if the node does not exist.
    public func label(node: String, _ labels: [String: String?]) async throws(KubernetesAPIError) {
        let members = labels.sorted { $0.key < $1.key }.map { label in
            JSONObject.Member(key: label.key, value: label.value.map(JSONValue.string) ?? .null)
        }
        let patch = KubernetesPatch.merge(["metadata": ["labels": .object(JSONObject(members))]])
        let path = try ObjectPath(.nodes, name: node).path()
        _ = try await transport.send(APICall(.PATCH, path, patch.body, type: patch.contentType))
    }
}

/// A change of an object.
public enum KubernetesPatch: Sendable {
    /// A JSON merge patch (RFC 7396): null removes a member, a list replaces the whole list.
    case merge(JSONValue)
    /// A JSON patch (RFC 6902): a list of operations, of which either all or none apply.
    case json([JSONValue])

    var body: JSONValue {
        switch self {
        case .merge(let body): body
        case .json(let operations): .array(operations)
        }
    }

    var contentType: String {
        switch self {
        case .merge: "application/merge-patch+json"
        case .json: "application/json-patch+json"
        }
    }
}

/// The objects of a kind at one resource version.
///
/// The items of a list have neither `apiVersion` nor `kind`: only the list itself has them.
public struct KubernetesList: Sendable {
    /// The objects.
    public let items: [JSONValue]
    /// The version of the list, from which a watch can continue.
    public let resourceVersion: String
}

/// The API server's response to a creation.
public struct KubernetesResponse: Sendable {
    /// The object as it is stored, or as it would be stored for a dry run.
    public let object: JSONValue
    /// The warnings of the API server and of admission webhooks, in their order.
    public let warnings: [String]

    /// Combines an object and its warnings.
    public init(object: JSONValue, warnings: [String] = []) {
        self.object = object
        self.warnings = warnings
    }
}
