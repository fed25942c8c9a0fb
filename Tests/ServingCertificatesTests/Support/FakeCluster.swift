import FoundationEssentials
import JSON
import KubernetesAPI
import PodAdmission
import Synchronization
import TestSupport
import X509

@testable import ServingCertificates

/// The API server's part: versions, conflicts and patches of the three objects that matter.
final class FakeCluster: Sendable {
    static let secret = "/api/v1/namespaces/polypod-system/secrets/polypod-ca"
    static let mutating = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/polypod"
    static let validating = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/polypod"

    struct Interruption: Sendable {
        let method: String
        let path: String
        let change: @Sendable (FakeCluster) -> Void
    }

    struct State: Sendable {
        var objects: [String: JSONValue] = [:]
        /// Every webhook configuration that was stored.
        var configurations: [JSONValue] = []
        var version = 100
        /// Method and path of every write that was tried.
        var writes: [String] = []
        var interruptions: [Interruption] = []
        var refusals: [String: Int] = [:]
    }

    private let state = Mutex(State())

    init() {
        self[Self.mutating] = webhookConfiguration("MutatingWebhookConfiguration")
        self[Self.validating] = webhookConfiguration("ValidatingWebhookConfiguration")
    }

    /// An object as it is stored; setting it gives it a new version.
    subscript(path: String) -> JSONValue? {
        get { state.withLock { $0.objects[path] } }
        set { state.withLock { $0.store(newValue, at: path) } }
    }

    /// Serves the cluster on loopback, over TLS, and runs `body` with a client of it.
    func serve(_ body: @Sendable (KubernetesClient) async throws -> Void) async throws {
        try await FakeAPIServer().serve(
            { request in
                let answer = self.answer(request.method, request.path, try? JSONParser.parse(request.body))
                return .json(answer.body, code: answer.status)
            },
            body
        )
    }

    /// Every write that was tried since the last call.
    func takeWrites() -> [String] {
        state.withLock { state in
            defer { state.writes = [] }
            return state.writes
        }
    }

    /// Does `change` just before the next request like this.
    func interrupt(_ method: String, _ path: String, _ change: @escaping @Sendable (FakeCluster) -> Void) {
        state.withLock { $0.interruptions.append(Interruption(method: method, path: path, change: change)) }
    }

    /// Forgets the interruptions that did not happen.
    func dropInterruptions() {
        state.withLock { $0.interruptions = [] }
    }

    /// Answers every request for `what`, a path or a method and a path, with `status`; nil ends that.
    func refuse(_ what: String, _ status: Int?) {
        state.withLock { $0.refusals[what] = status }
    }

    func answer(_ method: String, _ path: String, _ body: JSONValue?) -> (status: Int, body: JSONValue) {
        let interruption = state.withLock { state -> Interruption? in
            let index = state.interruptions.firstIndex { $0.method == method && $0.path == path }
            return index.map { state.interruptions.remove(at: $0) }
        }
        interruption?.change(self)
        return state.withLock { $0.answer(method, path, body) }
    }

    /// The certificates of every caBundle of Polypod's webhooks; an empty list where there is none.
    var bundles: [[Certificate]] {
        get throws {
            try [Self.mutating, Self.validating].compactMap { self[$0] }.flatMap { try Self.bundles(of: $0) }
        }
    }

    /// The caBundles of each configuration that was ever stored.
    var history: [[[Certificate]]] {
        get throws { try state.withLock { $0.configurations }.map { try Self.bundles(of: $0) } }
    }

    private static func bundles(of configuration: JSONValue) throws -> [[Certificate]] {
        try PublishedBundles(
            reading: configuration,
            service: "polypod-webhook",
            in: "polypod-system",
            path: "/mutate"
        ).entries.map {
            let data = $0.bundle.flatMap { Data(base64Encoded: $0) } ?? Data()
            return try CABundle.read(pem: String(decoding: data, as: UTF8.self)).map(\.certificate)
        }
    }

    var record: AuthorityRecord? {
        guard case .record(let record, _)? = self[Self.secret].map({ AuthoritySecret(reading: $0).stored }) else {
            return nil
        }
        return record
    }

    /// Gives an object a new version.
    func touch(_ path: String) { self[path] = self[path] }

    /// What `kubectl annotate` does.
    func annotate(_ value: String) {
        guard let secret = self[Self.secret], var metadata = secret["metadata"]?.object else { return }
        var annotations = metadata["annotations"]?.object ?? JSONObject()
        annotations[AuthoritySecret.Annotation.rotate] = .string(value)
        metadata["annotations"] = .object(annotations)
        var object = secret.object ?? JSONObject()
        object["metadata"] = .object(metadata)
        self[Self.secret] = .object(object)
    }
}

extension FakeCluster.State {
    mutating func store(_ value: JSONValue?, at path: String) {
        guard var object = value?.object, var metadata = object["metadata"]?.object else {
            objects[path] = nil
            return
        }
        version += 1
        metadata["resourceVersion"] = .string("\(version)")
        object["metadata"] = .object(metadata)
        objects[path] = .object(object)
        if path != FakeCluster.secret { configurations.append(.object(object)) }
    }

    mutating func answer(_ method: String, _ target: String, _ body: JSONValue?) -> (status: Int, body: JSONValue) {
        let path = method == "POST" ? "\(target)/\(body?["metadata"]?["name"]?.string ?? "")" : target
        if method != "GET" { writes.append("\(method) \(path)") }
        if let status = refusals[path] ?? refusals["\(method) \(path)"] { return (status, Self.status("refused")) }
        let stored = objects[path]
        switch method {
        case "POST":
            guard stored == nil else { return (409, Self.status("AlreadyExists")) }
            store(body, at: path)
        case "PUT":
            guard let stored else { return (404, Self.status("NotFound")) }
            guard body?["metadata"]?["resourceVersion"] == stored["metadata"]?["resourceVersion"] else {
                return (409, Self.status("Conflict"))
            }
            store(body, at: path)
        case "PATCH":
            guard let stored else { return (404, Self.status("NotFound")) }
            guard let patched = Self.patched(stored, body?.array ?? []) else { return (422, Self.status("Invalid")) }
            store(patched, at: path)
        default: break
        }
        guard let object = objects[path] else { return (404, Self.status("NotFound")) }
        return (200, object)
    }

    private static func status(_ reason: String) -> JSONValue {
        ["kind": "Status", "reason": .string(reason), "message": "no"]
    }

    private static func patched(_ object: JSONValue, _ operations: [JSONValue]) -> JSONValue? {
        var object = object
        for operation in operations {
            let steps = (operation["path"]?.string ?? "").split(separator: "/").map(String.init)
            guard let value = operation["value"] else { return nil }
            if operation["op"] == "test" {
                guard steps.reduce(object, { $0[$1] ?? .null }) == value else { return nil }
            } else {
                guard let next = try? object.applying([JSONPatchOperation(add: steps, value: value)]) else {
                    return nil
                }
                object = next
            }
        }
        return object
    }
}
