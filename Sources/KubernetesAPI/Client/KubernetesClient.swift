import AsyncHTTPClient
public import JSON
import NIOCore
import NIOHTTP1

/// Asks the API server, and no other host: redirects are errors, and the certificate is always verified.
///
/// A write is sent once. A read is sent once more where the connection breaks.
public struct KubernetesClient: Sendable {
    private let sender: RequestSender
    /// The time limit for one request, the connection and the body included.
    private var timeout: Duration

    /// Creates a client, to be closed by ``shutdown()``.
    ///
    /// - Parameter timeout: how long one request may take, connection included.
    public init(_ access: ClusterAccess, timeout: Duration = .seconds(15)) throws(KubernetesAPIError) {
        self.init(access, timeout: timeout, quietWatch: .seconds(90))
    }

    /// - Parameter quietWatch: how long a watch may say nothing.
    ///   The API server sends a bookmark each minute once it saw a change of the kind (apiserver, storage/cacher). A
    ///   longer silence may be a connection that is gone without a word; to watch again costs one request.
    init(_ access: ClusterAccess, timeout: Duration, quietWatch: Duration) {
        sender = RequestSender(access, connectTimeout: timeout, quietWatch: quietWatch)
        self.timeout = timeout
    }

    /// Closes all connections; requests sent later fail.
    public func shutdown() async {
        await sender.shutdown()
    }

    /// Runs `body` with a client that is closed afterwards.
    ///
    /// - Parameter timeout: how long one request may take, connection included.
    public static func withClient<Result>(
        for access: ClusterAccess,
        timeout: Duration = .seconds(15),
        _ body: (KubernetesClient) async throws -> Result
    ) async throws -> Result {
        let client = try KubernetesClient(access, timeout: timeout)
        do {
            let result = try await body(client)
            await client.shutdown()
            return result
        } catch {
            await client.shutdown()
            throw error
        }
    }

    /// The same client with requests that may take at most `timeout`.
    func limited(to timeout: Duration) -> KubernetesClient {
        var client = self
        client.timeout = min(timeout, self.timeout)
        return client
    }
}

extension KubernetesClient {
    /// One object.
    ///
    /// Needs the verb `get`.
    public func get(_ path: ObjectPath) async throws(KubernetesAPIError) -> JSONValue {
        try await object(.get(try path.path()))
    }

    /// All objects of a kind, in one namespace or in all, in pages of 500.
    ///
    /// Needs the verb `list`. If a page comes too late (410), the client lists again from the start, once.
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

    private func object(_ call: APICall) async throws(KubernetesAPIError) -> JSONValue {
        try await send(call).object(call)
    }

    private func send(_ call: APICall) async throws(KubernetesAPIError) -> APIResponse {
        try await sender.send(call, timeout: timeout)
    }

    private static func dryRun(_ isDryRun: Bool) -> [URLQuery.Item] { isDryRun ? [("dryRun", "All")] : [] }
}

extension KubernetesClient {
    /// All objects of a selection, or what is kept of them.
    ///
    /// If a page comes too late (410), the client lists again from the start, once.
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

extension KubernetesClient {
    /// Why a watch is over.
    enum WatchEnd: Sendable {
        /// Its time was over, or the connection broke while it stood.
        case ended
        /// It was not accepted.
        case refused(KubernetesAPIError)
        /// It said what cannot be understood.
        case broken(KubernetesAPIError)
    }

    /// The longest line of a watch: an object is at most what etcd takes, 1.5 MiB by default.
    static var longestLine: Int { 4 << 20 }

    /// Watches a selection until the API server or the connection ends it.
    ///
    /// - Parameters:
    ///   - onStart: called once the watch is accepted.
    ///   - onEvent: called for each event, in order; false ends the watch.
    func watch(
        _ selection: ListOptions,
        version: String,
        seconds: Int,
        onStart: () -> Void,
        onEvent: (WatchEvent) -> Bool
    ) async -> WatchEnd {
        let call: APICall
        let response: HTTPClientResponse
        do throws(KubernetesAPIError) {
            call = try Self.watchCall(selection, version: version, seconds: seconds)
            response = try await sender.watch(call, timeout: timeout)
        } catch {
            return .refused(error)
        }
        onStart()
        do {
            for try await line in response.body.splitLines(maximumBufferSize: Self.longestLine) {
                let event = try WatchEvent(line: Array(line.readableBytesView), subject: call.subject)
                guard onEvent(event) else { break }
            }
            return .ended
        } catch let error as KubernetesAPIError {
            return .broken(error)
        } catch is ByteToMessageDecoderError.PayloadTooLargeError {
            let words = "\(call.subject): a line of more than \(Self.longestLine) bytes"
            return .broken(KubernetesAPIError(.refused, words))
        } catch {
            return .ended
        }
    }

    private static func watchCall(
        _ selection: ListOptions,
        version: String,
        seconds: Int
    ) throws(KubernetesAPIError) -> APICall {
        var call = APICall.get(try selection.path(), query: selection.query)
        call.accept = selection.watchType
        call.query += [
            ("watch", "1"), ("resourceVersion", version), ("allowWatchBookmarks", "true"),
            ("timeoutSeconds", String(seconds)),
        ]
        return call
    }
}
