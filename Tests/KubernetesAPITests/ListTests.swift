import HTTPTypes
import Hummingbird
import JSON
import TestSupport
import Testing

@testable import KubernetesAPI

@Suite(.timeLimit(.minutes(1))) struct ListTests {
    static func names(_ list: KubernetesList) -> [String] {
        list.items.compactMap { $0["metadata"]?["name"]?.string }
    }

    @Test func allPagesAreRead() async throws {
        let server = try FakeAPIServer()
        let pages: FakeAPIServer.Handler = { request in
            switch request.parameter("continue") {
            case nil: .list(["a", "b"], version: "7", next: "x=/+")
            case "x%3D%2F%2B": .list(["c"], version: "7", next: "y")
            default: .list([], version: "7")
            }
        }
        try await server.serve(pages) { client in
            let list = try await client.list(.pods, namespace: "n")
            #expect(Self.names(list) == ["a", "b", "c"])
            #expect(list.resourceVersion == "7")
        }
        #expect(server.seen.count == 3)
        #expect(
            server.seen.map(\.query) == [
                "limit=500",
                "limit=500&continue=x%3D%2F%2B",
                "limit=500&continue=y",
            ]
        )
    }

    @Test func anExpiredPageRestartsTheList() async throws {
        let server = try FakeAPIServer()
        let pages: FakeAPIServer.Handler = { request in
            switch (request.index, request.parameter("continue")) {
            case (1, _): .status(.gone, reason: "Expired")
            case (_, nil): .list(["a"], version: "\(request.index)", next: "x")
            default: .list(["b"], version: "\(request.index)")
            }
        }
        try await server.serve(pages) { client in
            let list = try await client.list(.pods)
            #expect(Self.names(list) == ["a", "b"])
            #expect(list.resourceVersion == "2", "the version of the complete list's first page")
        }
        #expect(server.seen.count == 4)
    }

    @Test func aListThatExpiresAgainFails() async throws {
        let server = try FakeAPIServer()
        try await server.serve({ _ in .status(.gone, reason: "Expired") }) { client in
            let result = await code { () async throws(KubernetesAPIError) in _ = try await client.list(.pods) }
            #expect(result == .gone)
        }
        #expect(server.seen.count == 2)
    }

    @Test(arguments: [
        (#"{"items":[]}"#, "no resource version"),
        (#"{"metadata":{"resourceVersion":"1"},"items":["#, "a document that ends early"),
        ("<html>", "a proxy's HTML page"),
    ])
    func responsesThatAreNotLists(body: String, reason: String) async throws {
        let server = try FakeAPIServer()
        try await server.serve({ _ in .pieces([body]) }) { client in
            let result = await code { () async throws(KubernetesAPIError) in _ = try await client.list(.pods) }
            #expect(result == .refused, "\(reason)")
        }
    }
}
