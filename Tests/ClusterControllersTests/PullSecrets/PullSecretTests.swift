import FoundationEssentials
import ImageRegistry
import JSON
import KubernetesAPI
import PodAdmission
import Synchronization
import TestSupport
import Testing

@testable import ClusterControllers

@Suite("The reader of pull secrets", .timeLimit(.minutes(1)))
struct PullSecretTests {
    typealias Answer = Result<JSONValue, KubernetesAPIError>

    /// A Secret with credentials for `registry`.
    static func secret(_ registry: String) -> Answer {
        let config = #"{"auths":{"\#(registry)":{"username":"u","password":"hunter2"}}}"#
        let data = Data(config.utf8).base64EncodedString()
        return .success([
            "kind": "Secret", "type": "kubernetes.io/dockerconfigjson",
            "data": .object(JSONObject([.init(key: ".dockerconfigjson", value: .string(data))])),
        ])
    }

    static func account(_ names: String...) -> Answer {
        .success(["kind": "ServiceAccount", "imagePullSecrets": .array(names.map { ["name": .string($0)] })])
    }

    static func failure(_ code: KubernetesAPIError.Code) -> Answer { .failure(KubernetesAPIError(code, "no")) }

    /// An API server of a few objects, by `secrets/NAME` and `serviceaccounts/NAME` of namespace `shop`.
    final class Store: Sendable {
        let objects: [String: Answer]
        let asked = Mutex<[String]>([])
        let time = Mutex(ContinuousClock.now)

        init(_ objects: [String: Answer]) {
            self.objects = objects
        }

        /// Runs a reader of this API server while `body` runs.
        func run(_ body: @Sendable (PullSecretReader) async throws -> Void) async throws {
            let reader = PullSecretReader(
                get: { path throws(KubernetesAPIError) in try self.get(path) },
                now: { self.now }
            )
            try await withService(reader) { try await body(reader) }
        }

        var now: ContinuousClock.Instant { time.withLock { $0 } }

        func get(_ path: ObjectPath) throws(KubernetesAPIError) -> JSONValue {
            let key = "\(path.resource.plural)/\(path.name)"
            asked.withLock { $0.append(key) }
            guard path.namespace == "shop", let answer = objects[key] else {
                throw KubernetesAPIError(.notFound, "no")
            }
            return try answer.get()
        }
    }

    static let store: [String: Answer] = [
        "secrets/a": secret("a.example"), "secrets/b": secret("b.example"),
        "secrets/hidden": failure(.forbidden), "secrets/slow": failure(.timeout),
        "secrets/opaque": .success(["type": "Opaque", "data": ["password": "aHVudGVyMg=="]]),
        "serviceaccounts/default": account(), "serviceaccounts/robot": account("b", "a"),
        "serviceaccounts/hidden": failure(.forbidden),
    ]

    static func later() -> ContinuousClock.Instant { .now + .seconds(60) }

    struct Row: Sendable {
        var names: [String] = []
        var account: String?
        var found: [String] = []
        var unread: [String] = []
        var asked: [String]
        var why: String
    }

    @Test(
        arguments: [
            Row(asked: [], why: "no secret and no account"),
            Row(
                names: ["b", "a"],
                found: ["b.example", "a.example"],
                asked: ["secrets/a", "secrets/b"],
                why: "in the order of the Pod"
            ),
            Row(names: ["a", "a"], found: ["a.example"], asked: ["secrets/a"], why: "each once"),
            Row(
                names: ["a"],
                account: "robot",
                found: ["a.example"],
                asked: ["secrets/a"],
                why: "the secrets of the Pod take precedence"
            ),
            Row(
                account: "robot",
                found: ["b.example", "a.example"],
                asked: ["secrets/a", "secrets/b", "serviceaccounts/robot"],
                why: "those of the account if the Pod names none"
            ),
            Row(
                account: "default",
                asked: ["serviceaccounts/default"],
                why: "an account without secrets is not an error"
            ),
            Row(
                account: "hidden",
                unread: ["service account hidden: may not be read by Polypod"],
                asked: ["serviceaccounts/hidden"],
                why: "no permission to read accounts"
            ),
            Row(
                names: ["hidden", "gone", "opaque", "slow", "a"],
                found: ["a.example"],
                unread: [
                    "secret hidden: may not be read by Polypod", "secret gone: does not exist",
                    "secret opaque: is not a pull secret", "secret slow: could not be read (timeout)",
                ],
                asked: ["secrets/a", "secrets/gone", "secrets/hidden", "secrets/opaque", "secrets/slow"],
                why: "one note for each, and the others are read"
            ),
            Row(
                names: ["../../nodes/n", "A", "x\u{202E}y", String(repeating: "a", count: 254)],
                unread: Array(repeating: "a secret: does not exist", count: 4),
                asked: [],
                why: "names that are not valid are neither requested nor repeated"
            ),
            Row(
                names: (1...10).map { "gone\($0)" },
                unread: (1...8).map { "secret gone\($0): does not exist" } + [
                    "2 more secrets: only the first 8 of a Pod are read"
                ],
                asked: (1...8).map { "secrets/gone\($0)" },
                why: "the limit on secrets"
            ),
        ]
    )
    func reads(row: Row) async throws {
        let store = Store(Self.store)
        let query = PullSecretsQuery(namespace: "shop", imagePullSecrets: row.names, serviceAccountName: row.account)
        try await store.run { reader in
            let credentials = await reader.credentials(query, deadline: Self.later())
            #expect(credentials.secrets.map(\.description) == row.found.map { "credentials for \($0)" }, "\(row.why)")
            #expect(credentials.unread == row.unread, "\(row.why)")
        }
        #expect(store.asked.withLock { $0.sorted() } == row.asked, "\(row.why)")
    }

    @Test(arguments: [
        ("a", 29, 1, "a secret that was read stays for 30 s"), ("a", 30, 2, "not longer"),
        ("hidden", 9, 1, "a forbidden secret for 10 s"),
        ("hidden", 10, 2, "not longer"), ("gone", 9, 1, "a missing secret too"),
        ("opaque", 9, 1, "an object of another type too"),
        ("slow", 0, 2, "a failed request is not cached"),
    ])
    func keeps(name: String, after seconds: Int, requests: Int, why: String) async throws {
        let store = Store(Self.store)
        let query = PullSecretsQuery(namespace: "shop", imagePullSecrets: [name])
        try await store.run { reader in
            _ = await reader.credentials(query, deadline: Self.later())
            store.time.withLock { $0 += .seconds(seconds) }
            _ = await reader.credentials(query, deadline: Self.later())
        }
        #expect(store.asked.withLock { $0.count } == requests, "\(why)")
    }

    @Test func keepsNamespacesApart() async throws {
        try await Store(Self.store).run { reader in
            for (namespace, count) in [("shop", 1), ("other", 0)] {
                let query = PullSecretsQuery(namespace: namespace, imagePullSecrets: ["a"])
                #expect(await reader.credentials(query, deadline: Self.later()).secrets.count == count)
            }
        }
    }

    @Test func showsNoSecret() throws {
        let object = try Self.secret("a.example").get()
        let answer = PullSecretResult(object, of: .secret(namespace: "shop", name: "a"))
        var text = "\(answer) \(String(reflecting: answer))"
        dump(answer, to: &text)
        #expect(text.contains("a.example"))
        #expect(!text.contains("hunter2"))
    }
}
