import HTTPTypes
import Hummingbird
import JSON
import TestSupport
import Testing

@testable import KubernetesAPI

@Suite(.timeLimit(.minutes(1))) struct RequestTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let reason: String
        let request: String
        let type: String?
        let body: String
        let send: @Sendable (KubernetesClient) async throws -> Void

        var testDescription: String { reason }
    }

    static let policy = ObjectPath(.wasmPolicies, name: "p", subresource: "status")

    @Test(arguments: [
        Row(
            reason: "a core object in a namespace",
            request: "GET /api/v1/namespaces/a/secrets/b",
            type: nil,
            body: "",
            send: { _ = try await $0.get(ObjectPath(.secrets, namespace: "a", name: "b")) }
        ),
        Row(
            reason: "a name that is percent-encoded",
            request: "GET /api/v1/nodes/system%3Anode%20x",
            type: nil,
            body: "",
            send: { _ = try await $0.get(ObjectPath(.nodes, name: "system:node x")) }
        ),
        Row(
            reason: "a dry run of a creation",
            request: "POST /api/v1/namespaces/a/pods?dryRun=All",
            type: "application/json",
            body: #"{"kind":"Pod"}"#,
            send: { _ = try await $0.create(["kind": "Pod"], as: .pods, namespace: "a", dryRun: true) }
        ),
        Row(
            reason: "a replacement",
            request: "PUT /apis/coordination.k8s.io/v1/namespaces/a/leases/l",
            type: "application/json",
            body: "{}",
            send: { _ = try await $0.replace([:], at: ObjectPath(.leases, namespace: "a", name: "l")) }
        ),
        Row(
            reason: "a merge patch of a subresource",
            request: "PATCH /apis/polypod.dev/v1alpha1/wasmpolicies/p/status",
            type: "application/merge-patch+json",
            body: #"{"a":null}"#,
            send: { _ = try await $0.patch(policy, .merge(["a": .null])) }
        ),
        Row(
            reason: "a JSON patch",
            request: "PATCH /apis/polypod.dev/v1alpha1/wasmpolicies/p/status",
            type: "application/json-patch+json",
            body: #"[{"op":"remove","path":"/a"}]"#,
            send: { _ = try await $0.patch(policy, .json([["op": "remove", "path": "/a"]])) }
        ),
    ])
    func eachVerbSendsItsRequest(_ row: Row) async throws {
        let server = try FakeAPIServer()
        try await server.serve({ _ in .json([:]) }) { try await row.send($0) }
        let seen = try #require(server.seen.first)
        #expect("\(seen.method) \(seen.path)\(seen.query.isEmpty ? "" : "?\(seen.query)")" == row.request)
        #expect(seen.headers[.contentType] == row.type)
        #expect(seen.body == row.body)
        #expect(seen.headers[.accept] == "application/json")
    }

    @Test(arguments: ["", ".", "..", "a/b", "a%2fb"])
    func namesThatAreNotPathSegments(_ name: String) async throws {
        let server = try FakeAPIServer()
        try await server.serve({ _ in .json([:]) }) { client in
            for path in [ObjectPath(.nodes, name: name), ObjectPath(.pods, namespace: name, name: "a")] {
                let result = await code { () async throws(KubernetesAPIError) in _ = try await client.get(path) }
                #expect(result == .invalid)
            }
        }
        #expect(server.seen.isEmpty)
    }

    @Test func warningsAreRead() async throws {
        let server = try FakeAPIServer()
        let name = try #require(HTTPField.Name("Warning"))
        var headers = HTTPFields()
        headers[values: name] = [
            #"299 - "one, and \"more\"""#, "not a warning",
            #"299 - "two" "Wed, 21 Oct 2015 07:28:00 GMT", 299 kube-apiserver "three\\""#,
        ]
        let sent = headers
        try await server.serve({ _ in .json(["a": 1], headers: sent) }) { client in
            let response = try await client.create([:], as: .pods, namespace: "a")
            #expect(response.object == ["a": 1])
            #expect(response.warnings == [#"one, and "more""#, "two", #"three\"#])
        }
    }
}
