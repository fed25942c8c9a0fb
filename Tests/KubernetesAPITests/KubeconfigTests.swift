import FoundationEssentials
import Hummingbird
import JSON
import NIOSSL
import PodAdmission
import TestSupport
import Testing

@testable import KubernetesAPI

@Suite(.timeLimit(.minutes(1))) struct KubeconfigTests {
    /// A kubeconfig with one entry of each kind.
    static func configuration(
        cluster: JSONValue,
        user: JSONValue,
        context: JSONValue = ["cluster": "c", "user": "u"]
    ) -> JSONValue {
        [
            "apiVersion": "v1", "kind": "Config", "current-context": "x",
            "clusters": [["name": "other", "cluster": [:]], ["name": "c", "cluster": cluster]],
            "users": [["name": "u", "user": user]],
            "contexts": [["name": "x", "context": context]],
        ]
    }

    static func read(
        _ value: JSONValue,
        context: String? = nil,
        folder: String = "/nowhere"
    ) throws(KubernetesAPIError) -> ClusterAccess {
        try .kubeconfig(value, context: context, folder: folder, environment: ["PATH": "/bin:/usr/bin"])
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let reason: String
        let path: String
        var cluster: JSONValue = ["server": "https://c:6443"]
        var user: JSONValue = ["token": "s3cret"]
        var context: JSONValue = ["cluster": "c", "user": "u"]

        var testDescription: String { reason }
    }

    @Test(arguments: [
        Refusal(
            reason: "certificates are always verified",
            path: "clusters[1].cluster.insecure-skip-tls-verify",
            cluster: ["server": "https://c", "insecure-skip-tls-verify": true]
        ),
        Refusal(
            reason: "no proxies",
            path: "clusters[1].cluster.proxy-url",
            cluster: ["server": "https://c", "proxy-url": "http://p"]
        ),
        Refusal(reason: "no server", path: "clusters[1].cluster.server: required", cluster: [:]),
        Refusal(
            reason: "a server without TLS",
            path: "clusters[1].cluster.server",
            cluster: ["server": "http://c:8080"]
        ),
        Refusal(
            reason: "a server with a password",
            path: "clusters[1].cluster.server",
            cluster: ["server": "https://me:s3cret@c"]
        ),
        Refusal(
            reason: "no base64",
            path: "clusters[1].cluster.certificate-authority-data",
            cluster: ["server": "https://c", "certificate-authority-data": "%"]
        ),
        Refusal(
            reason: "no certificate",
            path: "clusters[1].cluster.certificate-authority-data",
            cluster: ["server": "https://c", "certificate-authority-data": .string("s3cret".base64)]
        ),
        Refusal(
            reason: "a CA that is not there",
            path: "clusters[1].cluster.certificate-authority: /nowhere/pki/ca.crt",
            cluster: ["server": "https://c", "certificate-authority": "pki/ca.crt"]
        ),
        Refusal(
            reason: "a name that is a number",
            path: "clusters[1].cluster.tls-server-name",
            cluster: ["server": "https://c", "tls-server-name": 1]
        ),
        Refusal(reason: "a password", path: "users[0].user.password", user: ["password": "s3cret"]),
        Refusal(reason: "a user name", path: "users[0].user.username", user: ["username": "me"]),
        Refusal(reason: "impersonation", path: "users[0].user.as", user: ["token": "s3cret", "as": "root"]),
        Refusal(reason: "its groups", path: "users[0].user.as-groups", user: ["as-groups": ["a"]]),
        Refusal(
            reason: "a built-in plugin of old",
            path: "users[0].user.auth-provider",
            user: ["auth-provider": ["name": "gcp"]]
        ),
        Refusal(
            reason: "a certificate without its key",
            path: "users[0].user.client-key",
            user: ["client-certificate-data": .string("s3cret".base64)]
        ),
        Refusal(
            reason: "a key without its certificate",
            path: "users[0].user.client-certificate",
            user: ["client-key-data": .string("s3cret".base64)]
        ),
        Refusal(
            reason: "no PEM",
            path: "users[0].user.client-certificate-data",
            user: [
                "client-certificate-data": .string("s3cret".base64), "client-key-data": .string("s3cret".base64),
            ]
        ),
        Refusal(
            reason: "a token file that is not there",
            path: "users[0].user.tokenFile",
            user: ["tokenFile": "token", "token": "s3cret"]
        ),
        Refusal(
            reason: "a plugin of a protocol of old",
            path: "users[0].user.exec.apiVersion",
            user: ["exec": ["apiVersion": "client.authentication.k8s.io/v1alpha1", "command": "a"]]
        ),
        Refusal(
            reason: "a plugin that asks questions",
            path: "users[0].user.exec.interactiveMode",
            user: [
                "exec": [
                    "apiVersion": "client.authentication.k8s.io/v1", "command": "a", "interactiveMode": "Always",
                ]
            ]
        ),
        Refusal(
            reason: "a plugin without a program",
            path: "users[0].user.exec.command",
            user: ["exec": ["apiVersion": "client.authentication.k8s.io/v1"]]
        ),
        Refusal(
            reason: "a variable without a name",
            path: "users[0].user.exec.env[0].name",
            user: ["exec": ["apiVersion": "client.authentication.k8s.io/v1", "command": "a", "env": [[:]]]]
        ),
        Refusal(reason: "no such cluster", path: "clusters: ", context: ["cluster": "z", "user": "u"]),
        Refusal(reason: "no such user", path: "users: ", context: ["cluster": "c", "user": "z"]),
        Refusal(reason: "no user", path: "contexts[0].context.user", context: ["cluster": "c"]),
    ])
    func refusals(_ row: Refusal) {
        let value = Self.configuration(cluster: row.cluster, user: row.user, context: row.context)
        do throws(KubernetesAPIError) {
            _ = try Self.read(value)
            Issue.record("no error")
        } catch {
            #expect(error.code == .configuration)
            #expect(error.message.hasPrefix("kubeconfig: \(row.path)"), "\(error)")
            #expect(!error.description.contains("s3cret"))
        }
    }

    @Test func contextsAreChosen() throws {
        let value: JSONValue = [
            "clusters": [["name": "c", "cluster": ["server": "https://[::1]/k8s/"]]],
            "users": [["name": "u", "user": [:]]],
            "contexts": [
                ["name": "x", "context": ["cluster": "c", "user": "u", "namespace": "n"]],
                ["name": "y", "context": ["cluster": "c", "user": "u", "namespace": ""]],
            ],
        ]
        #expect(throws: KubernetesAPIError.self, "none is current") { try Self.read(value) }
        #expect(throws: KubernetesAPIError.self) { try Self.read(value, context: "z") }
        #expect(throws: KubernetesAPIError.self, "nothing at all") { try Self.read(.null) }
        let access = try Self.read(value, context: "x")
        #expect(access.namespace == "n")
        #expect(access.description == "https://[::1]:443/k8s")
        #expect(access.authorities == nil, "what the system trusts")
        #expect(try Self.read(value, context: "y").namespace == "default")
    }

    @Test func textsHoldNoCredential() throws {
        let value = Self.configuration(cluster: ["server": "https://c"], user: ["token": "s3cret"])
        let access = try Self.read(value)
        var dumped = ""
        dump(access, to: &dumped)
        for text in ["\(access)", String(reflecting: access), dumped] { #expect(!text.contains("s3cret")) }
    }

    @Test func tokenFilesAreReadForEachRequest() async throws {
        let server = try FakeAPIServer()
        try await server.serve({ _ in .json([:]) }) {
            let value = Self.configuration(
                cluster: ["server": .string("https://localhost:\(server.number)/"), "certificate-authority": "ca.crt"],
                user: ["tokenFile": "token", "token": "other"]
            )
            let access = try Self.read(value, folder: server.folder.path)
            try await KubernetesClient.withClient(for: access) { client in
                _ = try await client.get(ObjectPath(.nodes, name: "a"))
                try server.write("renewed", to: "token")
                _ = try await client.get(ObjectPath(.nodes, name: "a"))
            }
        }
        #expect(server.seen.map { $0.headers[.authorization] } == ["Bearer s3cret", "Bearer renewed"])
    }

    @Test func clientCertificatesAreShownAndServersHaveNamesOfTheirOwn() async throws {
        let server = try FakeAPIServer(names: ["kubernetes"])
        let (user, stranger) = (try SelfSigned(names: ["user"]), try SelfSigned(names: ["user"]))
        var tls = server.certificate.server
        tls.trustRoots = .certificates([user.certificate])
        tls.certificateVerification = .noHostnameVerification
        try await server.serve(tls: tls, { _ in .json([:]) }) {
            for (shown, isKnown) in [(user, true), (stranger, false)] {
                let value = Self.configuration(
                    cluster: [
                        "server": .string("https://127.0.0.1:\(server.number)/prefix"),
                        "tls-server-name": "kubernetes",
                        "certificate-authority-data": .string(server.certificate.pem.base64),
                    ],
                    user: [
                        "client-certificate-data": .string(shown.pem.base64),
                        "client-key-data": .string(shown.keyPEM.base64),
                    ]
                )
                try await KubernetesClient.withClient(for: Self.read(value)) { client in
                    let result = await code { () async throws(KubernetesAPIError) in
                        _ = try await client.get(ObjectPath(.nodes, name: "a"))
                    }
                    #expect(result == (isKnown ? nil : .unreachable))
                }
            }
        }
        #expect(server.seen.map(\.path) == ["/prefix/api/v1/nodes/a"])
        #expect(server.seen.first?.headers[.authorization] == nil)
    }
}
