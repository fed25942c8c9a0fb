import HTTPTypes
import Hummingbird
import JSON
import KubernetesAPI
import NIOCore
import PodAdmission
import Synchronization
import TestSupport

/// An API server on loopback with objects, versions and watches, which remembers everything it was asked.
final class FakeCluster: Sendable {
    /// A request that was answered.
    struct Call: Sendable {
        var method: String
        var path: String
        var query: String
        var body: JSONValue?
        var status: Int
    }

    private struct Watcher {
        var path: String
        var lines: AsyncStream<String>.Continuation
    }

    private struct State {
        var version = 100
        /// Objects by the path of their kind, then by name.
        var kinds: [String: [String: JSONValue]] = [:]
        var changes: [(version: Int, path: String, line: String)] = []
        var watchers: [Int: Watcher] = [:]
        var refusals: [String: Int] = [:]
        var silences: Set<String> = []
        var beforeWrite: [@Sendable (FakeCluster) -> Void] = []
        var calls: [Call] = []
        var waiters: [(isMet: @Sendable ([Call]) -> Bool, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    /// Everything asked so far.
    var calls: [Call] { state.withLock { $0.calls } }

    /// Returns once `isMet` holds of what was asked.
    func until(_ isMet: @escaping @Sendable ([Call]) -> Bool) async {
        await withCheckedContinuation { continuation in
            let isMetNow = state.withLock { state in
                if isMet(state.calls) { return true }
                state.waiters.append((isMet, continuation))
                return false
            }
            if isMetNow { continuation.resume() }
        }
    }

    /// Returns once there were `count` calls of this method and path that were answered with `status`.
    func until(_ method: String, _ path: String, status: Int = 200, count: Int = 1) async {
        await until { $0.count { $0.method == method && $0.path == path && $0.status == status } >= count }
    }

    /// The object `name` of the kind at `path`.
    func object(_ path: String, _ name: String) -> JSONValue? { state.withLock { $0.kinds[path]?[name] } }

    /// All objects of the kind at `path`.
    func objects(_ path: String) -> [JSONValue] { state.withLock { Array(($0.kinds[path] ?? [:]).values) } }

    /// Makes the kind at `path` known, with these objects.
    func serve(_ path: String, _ objects: [JSONValue] = []) {
        state.withLock { $0.kinds[path] = $0.kinds[path] ?? [:] }
        for object in objects { put(object, path) }
    }

    /// Makes or changes an object, and tells those who watch.
    func put(_ object: JSONValue, _ path: String) {
        state.withLock { state in
            var object = object
            guard let name = object["metadata"]?["name"]?.string, var top = object.object,
                var metadata = top["metadata"]?.object
            else { return }
            state.version += 1
            metadata["resourceVersion"] = .string("\(state.version)")
            top["metadata"] = .object(metadata)
            object = .object(top)
            let isNew = state.kinds[path, default: [:]].updateValue(object, forKey: name) == nil
            Self.tell(isNew ? "ADDED" : "MODIFIED", object, path, &state)
        }
    }

    /// Removes an object, and tells those who watch.
    func remove(_ name: String, _ path: String) {
        state.withLock { state in
            guard let object = state.kinds[path]?.removeValue(forKey: name) else { return }
            state.version += 1
            Self.tell("DELETED", object, path, &state)
        }
    }

    private static func tell(_ type: String, _ object: JSONValue, _ path: String, _ state: inout State) {
        let line = JSONValue.object(
            JSONObject([.init(key: "type", value: .string(type)), .init(key: "object", value: object)])
        ).compactText
        state.changes.append((state.version, path, line + "\n"))
        for watcher in state.watchers.values where watcher.path == path { watcher.lines.yield(line + "\n") }
    }

    /// Answers everything at `path` and below with `status`, until it is nil.
    func refuse(_ path: String, _ status: Int?) {
        state.withLock { $0.refusals[path] = status }
    }

    /// Answers nothing at `path` and below.
    func hang(_ path: String) {
        _ = state.withLock { $0.silences.insert(path) }
    }

    /// Ends all watches, as a restart of the API server does.
    func dropWatches() {
        let watchers = state.withLock { state in
            defer { state.watchers = [:] }
            return state.watchers
        }
        for watcher in watchers.values { watcher.lines.finish() }
    }

    /// Does `action` between the reading and the writing of the next one who replaces an object.
    func beforeNextWrite(_ action: @escaping @Sendable (FakeCluster) -> Void) {
        state.withLock { $0.beforeWrite.append(action) }
    }

    /// Runs an API server while `body` runs.
    static func run(_ body: @Sendable (FakeCluster, KubernetesClient) async throws -> Void) async throws {
        let cluster = FakeCluster()
        try await FakeAPIServer().serve({ request in try await cluster.respond(request) }) { client in
            // Watches stay open until they are dropped, and the server waits for them.
            defer { cluster.dropWatches() }
            try await body(cluster, client)
        }
    }

    private func respond(_ request: SeenRequest) async throws -> Response {
        var call = Call(
            method: request.method,
            path: request.path,
            query: request.query,
            body: request.body.isEmpty ? nil : try? JSONParser.parse(request.body),
            status: 200
        )
        if state.withLock({ $0.silences.contains { call.path.hasPrefix($0) } }) {
            return Response(status: .ok, body: ResponseBody { _ in try await Task.sleep(for: .seconds(60)) })
        }
        if call.method == "PUT", let action = state.withLock({ $0.beforeWrite.popLast() }) { action(self) }
        let (status, object) = answer(call)
        call.status = status
        let isWatch = status == 200 && call.method == "GET" && call.query.contains("watch=1")
        let body = isWatch ? watch(call) : ResponseBody(byteBuffer: ByteBuffer(string: object.compactText))
        let waiters = state.withLock { state in
            state.calls.append(call)
            let met = state.waiters.filter { $0.isMet(state.calls) }
            let calls = state.calls
            state.waiters.removeAll { $0.isMet(calls) }
            return met
        }
        for waiter in waiters { waiter.continuation.resume() }
        return Response(status: .init(code: status), headers: [.contentType: "application/json"], body: body)
    }

    private func watch(_ call: Call) -> ResponseBody {
        let (lines, entry) = AsyncStream.makeStream(of: String.self)
        let from = call.query.split(separator: "&").first { $0.hasPrefix("resourceVersion=") }
            .flatMap { Int($0.dropFirst("resourceVersion=".count)) }
        state.withLock { state in
            for change in state.changes where change.path == call.path && change.version > from ?? 0 {
                entry.yield(change.line)
            }
            state.watchers[state.watchers.count + state.calls.count] = Watcher(path: call.path, lines: entry)
        }
        return ResponseBody { writer in
            for await line in lines { try await writer.write(ByteBuffer(string: line)) }
            try await writer.finish(nil)
        }
    }

    private func answer(_ call: Call) -> (status: Int, object: JSONValue) {
        var steps = call.path.split(separator: "/").map(String.init)
        if steps.last == "status" { steps.removeLast() }
        let name = steps.last ?? ""
        let parent = "/" + steps.dropLast().joined(separator: "/")
        let (refusal, known, version) = state.withLock { state in
            let refusal = state.refusals.first { call.path.hasPrefix($0.key) }?.value
            return (refusal, state.kinds[call.path], state.version)
        }
        if let refusal { return (refusal, ["kind": "Status", "message": "no"]) }
        switch call.method {
        case "GET":
            if let known {
                return (
                    200, ["metadata": ["resourceVersion": .string("\(version)")], "items": .array(Array(known.values))]
                )
            }
            return object(parent, name).map { (200, $0) } ?? (404, ["kind": "Status"])
        case "POST":
            guard let body = call.body else { return (400, [:]) }
            put(body, call.path)
            return (201, body)
        case "PUT", "PATCH":
            guard let old = object(parent, name), var new = old.object, let body = call.body else { return (404, [:]) }
            if call.method == "PATCH" {
                for member in body.object?.members ?? [] { new[member.key] = member.value }
            } else {
                guard body["metadata"]?["resourceVersion"] == old["metadata"]?["resourceVersion"] else {
                    return (409, ["kind": "Status", "reason": "Conflict"])
                }
                new["status"] = body["status"]
            }
            put(.object(new), parent)
            return (200, .object(new))
        default: return (405, [:])
        }
    }
}
