import FoundationEssentials
import HTTPTypes
import Hummingbird
import JSON
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import KubernetesAPI

@Suite(.timeLimit(.minutes(1))) struct KubernetesClientTests {
    static func label(_ client: KubernetesClient) async -> KubernetesAPIError.Code? {
        await code { () async throws(KubernetesAPIError) in
            try await client.label(node: "n1", ["polypod.dev/a": "true", "polypod.dev/b": nil])
        }
    }

    @Test func labelsAreMerged() async throws {
        let server = try FakeAPIServer()
        try await server.serve({ _ in Response(status: .ok) }) { client in
            #expect(await Self.label(client) == nil)
        }
        let request = try #require(server.seen.first)
        #expect(server.seen.count == 1)
        #expect(request.method == "PATCH")
        #expect(request.path == "/api/v1/nodes/n1")
        #expect(request.headers[.authorization] == "Bearer s3cret")
        #expect(request.headers[.contentType] == "application/merge-patch+json")
        #expect(request.body == #"{"metadata":{"labels":{"polypod.dev/a":"true","polypod.dev/b":null}}}"#)
    }

    @Test(arguments: [
        (HTTPResponse.Status.unauthorized, "", KubernetesAPIError.Code.unauthenticated, "a token that expired"),
        (.forbidden, "Forbidden", .forbidden, "the user may not patch nodes"),
        (.notFound, "NotFound", .notFound, "the node does not exist"),
        (.conflict, "Conflict", .conflict, "an old resource version"),
        (.conflict, "AlreadyExists", .alreadyExists, "a name that is taken"),
        (.gone, "Expired", .gone, "an old resource version of a list"),
        (.badRequest, "BadRequest", .invalid, "a patch that does not apply"),
        (.unprocessableContent, "Invalid", .invalid, "a bad label"),
        (.tooManyRequests, "TooManyRequests", .tooManyRequests, "priority and fairness"),
        (.gatewayTimeout, "Timeout", .timeout, "an API server that waits too long for etcd"),
        (.internalServerError, "InternalError", .refused, "an internal error"),
    ])
    func statusCodesBecomeErrorCodes(
        status: HTTPResponse.Status,
        reason: String,
        code: KubernetesAPIError.Code,
        why: String
    ) async throws {
        let server = try FakeAPIServer()
        try await server.serve({ _ in .status(status, reason: reason) }) { client in
            #expect(await Self.label(client) == code, "\(why)")
        }
        #expect(server.seen.count == 1, "a write is sent once")
    }

    @Test func theServersMessageIsNotInTheDescription() async throws {
        let server = try FakeAPIServer()
        let message = "denied\u{7}: " + String(repeating: "x", count: 3000)
        try await server.serve({ _ in .status(.forbidden, reason: "Forbidden", message: message) }) { client in
            do throws(KubernetesAPIError) {
                _ = try await client.get(ObjectPath(.secrets, namespace: "a", name: "b"))
                Issue.record("expected an error")
            } catch {
                #expect(error.serverMessage?.hasPrefix("denied: xxx") == true)
                #expect(error.serverMessage?.utf8.count == 2048)
                #expect(!error.description.contains("denied"))
                #expect(error.description.contains("GET /api/v1/namespaces/a/secrets/b"))
            }
        }
    }

    @Test func retryAfterIsRead() async throws {
        let server = try FakeAPIServer()
        let response: FakeAPIServer.Handler = { _ in
            .json([:], .tooManyRequests, headers: [.retryAfter: "7"])
        }
        try await server.serve(response) { client in
            do throws(KubernetesAPIError) {
                _ = try await client.get(ObjectPath(.nodes, name: "n1"))
                Issue.record("expected an error")
            } catch {
                #expect(error.code == .tooManyRequests)
                #expect(error.retryAfter == .seconds(7))
            }
        }
        #expect(server.seen.count == 1)
    }

    @Test func redirectsAreNotFollowed() async throws {
        let server = try FakeAPIServer()
        let redirect: FakeAPIServer.Handler = { _ in
            Response(status: .temporaryRedirect, headers: [.location: "/elsewhere"])
        }
        try await server.serve(redirect) { client in
            #expect(await Self.label(client) == .refused)
            let read = await code { () async throws(KubernetesAPIError) in
                _ = try await client.get(ObjectPath(.nodes, name: "n1"))
            }
            #expect(read == .refused)
        }
        #expect(server.seen.count == 2, "the client sends the token to no other address")
    }

    @Test(arguments: [
        (["localhost"], true, "another CA"),
        (["elsewhere"], false, "the right CA, another name"),
    ])
    func otherServersDoNotReceiveTheToken(names: [String], isForeign: Bool, reason: String) async throws {
        let other = isForeign ? try SelfSigned(names: ["localhost"]) : nil
        let server = try FakeAPIServer(names: names, trusting: other)
        try await server.serve({ _ in Response(status: .ok) }) { client in
            #expect(await Self.label(client) == .unreachable, "\(reason)")
        }
        #expect(server.seen.isEmpty)
    }

    @Test func theTokenFileIsReadForEachRequest() async throws {
        let server = try FakeAPIServer()
        try await server.serve({ _ in Response(status: .ok) }) { client in
            #expect(await Self.label(client) == nil)
            try server.write("renewed", to: "token")
            #expect(await Self.label(client) == nil)
            try server.write("", to: "token")
            #expect(await Self.label(client) == .notInCluster)
        }
        #expect(server.seen.map { $0.headers[.authorization] } == ["Bearer s3cret", "Bearer renewed"])
    }

    @Test func aResponseThatDoesNotEndTimesOut() async throws {
        let server = try FakeAPIServer()
        let endless: FakeAPIServer.Handler = { _ in .pieces(["{"], isOpen: true) }
        try await server.serve(endless) { client in
            // Only the request has this timeout: a slow machine may need longer for the connection.
            let client = client.limited(to: .milliseconds(300))
            let result = await code { () async throws(KubernetesAPIError) in
                _ = try await client.get(ObjectPath(.nodes, name: "n1"))
            }
            #expect(result == .timeout)
        }
    }

    @Test func aResponseThatIsTooLongIsRefused() async throws {
        let server = try FakeAPIServer()
        let piece = String(repeating: " ", count: 1 << 20)
        try await server.serve({ _ in .pieces(Array(repeating: piece, count: 5)) }) { client in
            let result = await code { () async throws(KubernetesAPIError) in
                _ = try await client.get(ObjectPath(.nodes, name: "n1"))
            }
            #expect(result == .refused)
        }
    }

    @Test func readsAreSentAgainOnceAndWritesAreNot() async throws {
        let server = try FakeAPIServer()
        let cut: FakeAPIServer.Handler = { request in
            request.index < 3 ? .cut("{") : .json(["kind": "Node"])
        }
        try await server.serve(cut) { client in
            let read: @Sendable () async -> KubernetesAPIError.Code? = {
                await code { () async throws(KubernetesAPIError) in
                    _ = try await client.get(ObjectPath(.nodes, name: "n1"))
                }
            }
            #expect(await Self.label(client) == .unreachable)
            #expect(server.seen.count == 1)
            #expect(await read() == .unreachable)
            #expect(server.seen.count == 3)
            #expect(await read() == nil)
        }
    }

    @Test func thereIsNoAccessOutsideOfAPod() {
        #expect(throws: KubernetesAPIError.self) { try ClusterAccess.inCluster(environment: [:]) }
        #expect(throws: KubernetesAPIError.self) {
            try ClusterAccess.inCluster(
                environment: ["KUBERNETES_SERVICE_HOST": "::1", "KUBERNETES_SERVICE_PORT": "443"],
                folder: "/nowhere"
            )
        }
    }

    @Test func theNamespaceIsThatOfThePod() throws {
        let server = try FakeAPIServer()
        #expect(try server.access().namespace == "default")
        try server.write("polypod-system", to: "namespace")
        #expect(try server.access().namespace == "polypod-system")
    }
}
