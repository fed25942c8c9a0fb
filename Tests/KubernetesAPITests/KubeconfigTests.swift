import FoundationEssentials
import Hummingbird
import JSON
import NIOSSL
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
            reason: "unverified certificates",
            path: "clusters[1].cluster.insecure-skip-tls-verify",
            cluster: ["server": "https://c", "insecure-skip-tls-verify": true]
        ),
        Refusal(
            reason: "a proxy",
            path: "clusters[1].cluster.proxy-url",
            cluster: ["server": "https://c", "proxy-url": "http://p"]
        ),
        Refusal(reason: "a cluster without a server", path: "clusters[1].cluster.server: required", cluster: [:]),
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
            reason: "CA data that is not Base64",
            path: "clusters[1].cluster.certificate-authority-data",
            cluster: ["server": "https://c", "certificate-authority-data": "%"]
        ),
        Refusal(
            reason: "CA data that is not a certificate",
            path: "clusters[1].cluster.certificate-authority-data",
            cluster: ["server": "https://c", "certificate-authority-data": .string("s3cret".base64)]
        ),
        Refusal(
            reason: "a CA file that does not exist",
            path: "clusters[1].cluster.certificate-authority: /nowhere/pki/ca.crt",
            cluster: ["server": "https://c", "certificate-authority": "pki/ca.crt"]
        ),
        Refusal(
            reason: "a server name that is a number",
            path: "clusters[1].cluster.tls-server-name",
            cluster: ["server": "https://c", "tls-server-name": 1]
        ),
        Refusal(reason: "a password", path: "users[0].user.password", user: ["password": "s3cret"]),
        Refusal(reason: "a user name", path: "users[0].user.username", user: ["username": "me"]),
        Refusal(reason: "impersonation", path: "users[0].user.as", user: ["token": "s3cret", "as": "root"]),
        Refusal(reason: "impersonation of groups", path: "users[0].user.as-groups", user: ["as-groups": ["a"]]),
        Refusal(
            reason: "a built-in plugin, removed in Kubernetes 1.26",
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
            reason: "a client certificate that is not PEM",
            path: "users[0].user.client-certificate-data",
            user: [
                "client-certificate-data": .string("s3cret".base64), "client-key-data": .string("s3cret".base64),
            ]
        ),
        Refusal(
            reason: "a token file that does not exist",
            path: "users[0].user.tokenFile",
            user: ["tokenFile": "token", "token": "s3cret"]
        ),
        Refusal(
            reason: "a plugin with an old protocol",
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
        Refusal(
            reason: "a context with an unknown cluster",
            path: "clusters: ",
            context: ["cluster": "z", "user": "u"]
        ),
        Refusal(reason: "a context with an unknown user", path: "users: ", context: ["cluster": "c", "user": "z"]),
        Refusal(reason: "a context without a user", path: "contexts[0].context.user", context: ["cluster": "c"]),
    ])
    func unsupportedConfigurationsNameTheField(_ row: Refusal) {
        let value = Self.configuration(cluster: row.cluster, user: row.user, context: row.context)
        do throws(KubernetesAPIError) {
            _ = try Self.read(value)
            Issue.record("expected an error")
        } catch {
            #expect(error.code == .configuration)
            #expect(error.message.hasPrefix("kubeconfig: \(row.path)"), "\(error)")
            #expect(!error.description.contains("s3cret"))
        }
    }

    @Test func theContextIsTheNamedOrTheCurrentOne() throws {
        let value: JSONValue = [
            "clusters": [["name": "c", "cluster": ["server": "https://[::1]/k8s/"]]],
            "users": [["name": "u", "user": [:]]],
            "contexts": [
                ["name": "x", "context": ["cluster": "c", "user": "u", "namespace": "n"]],
                ["name": "y", "context": ["cluster": "c", "user": "u", "namespace": ""]],
            ],
        ]
        #expect(throws: KubernetesAPIError.self, "there is no current context") { try Self.read(value) }
        #expect(throws: KubernetesAPIError.self) { try Self.read(value, context: "z") }
        #expect(throws: KubernetesAPIError.self, "an empty document") { try Self.read(.null) }
        let access = try Self.read(value, context: "x")
        #expect(access.namespace == "n")
        #expect(access.description == "https://[::1]:443/k8s")
        #expect(access.authorities == nil, "the CAs that the system trusts")
        #expect(try Self.read(value, context: "y").namespace == "default")
    }

    @Test func descriptionsContainNoCredential() throws {
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

    @Test func clientCertificatesAreSentAndServersMayHaveAnotherName() async throws {
        let server = try FakeAPIServer(names: ["kubernetes"])
        let (user, stranger) = (try SelfSigned(names: ["user"]), try SelfSigned(names: ["user"]))
        var tls = server.certificate.server
        tls.trustRoots = .certificates([user.certificate])
        tls.certificateVerification = .noHostnameVerification
        try await server.serve(tls: tls, { _ in .json([:]) }) {
            for (sent, isKnown) in [(user, true), (stranger, false)] {
                let value = Self.configuration(
                    cluster: [
                        "server": .string("https://127.0.0.1:\(server.number)/prefix"),
                        "tls-server-name": "kubernetes",
                        "certificate-authority-data": .string(server.certificate.pem.base64),
                    ],
                    user: [
                        "client-certificate-data": .string(sent.pem.base64),
                        "client-key-data": .string(sent.keyPEM.base64),
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
