import Basics
import FoundationEssentials
import Hummingbird
import JSON
import Synchronization
import TestSupport
import Testing

@testable import KubernetesAPI

@Suite(.timeLimit(.minutes(1))) struct PluginTests {
    static let version = "client.authentication.k8s.io/v1"

    /// A shell script as a plugin.
    static func command(_ script: String, timeout: Duration = .seconds(30)) -> PluginCommand {
        PluginCommand(
            version: version,
            command: "/bin/sh",
            arguments: ["-c", script],
            environment: ["PATH": "/bin:/usr/bin"],
            hint: nil,
            timeout: timeout
        )
    }

    static func printing(_ status: String, version: String = version) -> String {
        "echo '" + #"{"kind":"ExecCredential","apiVersion":"\#(version)","status":\#(status)}"# + "'"
    }

    @Test(arguments: [
        (printing(#"{"token":"t"}"#), true, "a token"),
        (printing(#"{"token":"t","expirationTimestamp":"2026-03-01T12:00:00Z"}"#), true, "an expiration time"),
        (
            printing(#"{"token":"t","expirationTimestamp":"2026-03-01T12:00:00.5+01:00"}"#), true,
            "a fraction of a second"
        ),
        (printing(#"{"token":"t","expirationTimestamp":"soon"}"#), false, "an expiration time that is not a time"),
        (printing(#"{"token":"t","expirationTimestamp":7}"#), false, "an expiration time that is a number"),
        (printing(#"{"token":""}"#), false, "an empty token"),
        (printing(#"{"clientCertificateData":"x"}"#), false, "a certificate without its key"),
        (printing(#"{"clientCertificateData":"x","clientKeyData":"y"}"#), false, "a certificate that is not PEM"),
        (printing(#"{"token":"t"}"#, version: "client.authentication.k8s.io/v1beta1"), false, "another version"),
        ("echo s3cret", false, "not JSON"),
        (printing(#"{"token":"t"}"#) + "; exit 3", false, "a failed program"),
        ("kill -9 $$", false, "a killed program"),
        ("head -c 2000000 /dev/zero", false, "too much output"),
    ])
    func outputsOfPlugins(script: String, isAccepted: Bool, reason: String) async {
        do throws(KubernetesAPIError) {
            let credential = try await Self.command(script).run()
            #expect(isAccepted, "\(reason)")
            #expect(credential.token == "t")
        } catch {
            #expect(!isAccepted, "\(reason): \(error)")
            #expect(error.code == .unauthenticated)
            #expect(!error.description.contains("s3cret"))
        }
    }

    @Test func theExpirationTimeIsRead() async throws {
        let status = #"{"token":"t","expirationTimestamp":"2026-03-01T13:00:00.5+01:00"}"#
        #expect(try await Self.command(Self.printing(status)).run().expiry == 1_772_366_400_500_000)
    }

    @Test func aTimeoutEndsAProgramAndItsChildren() async throws {
        let clock = ContinuousClock()
        let start = clock.now
        do throws(KubernetesAPIError) {
            _ = try await Self.command("sleep 60 & sleep 60", timeout: .milliseconds(200)).run()
            Issue.record("expected an error")
        } catch {
            #expect(error.code == .unauthenticated)
            #expect(error.message.contains("did not end in"))
        }
        #expect(clock.now - start < .seconds(50), "the program did not sleep to its end")
    }

    @Test func aMissingProgramGivesTheInstallHint() async throws {
        let command = PluginCommand(
            version: Self.version,
            command: "polypod-no-such-plugin",
            arguments: [],
            environment: ["PATH": "/bin"],
            hint: "install it"
        )
        do throws(KubernetesAPIError) {
            _ = try await command.run()
            Issue.record("expected an error")
        } catch {
            #expect(error.description.contains("install it"))
        }
    }

    @Test func credentialsAreKeptUntilTheyExpire() async throws {
        let seconds = Mutex(0)
        let time = TimeSource(now: { .now }, wallTime: { seconds.withLock { $0 } * 1_000_000 }, sleep: { _ in })
        // Each run prints another token: the shell's process ID.
        let status = #"{"token":"'$$'","expirationTimestamp":"1970-01-01T00:00:10Z"}"#
        let plugin = CredentialPlugin(Self.command(Self.printing(status)), time: time)
        let first = try await plugin.credential(refused: nil)
        #expect(try await plugin.credential(refused: nil).token == first.token)
        seconds.withLock { $0 = 9 }
        #expect(try await plugin.credential(refused: nil).token == first.token)
        seconds.withLock { $0 = 10 }
        #expect(try await plugin.credential(refused: nil).token != first.token)
    }

    @Test func simultaneousRequestsRunThePluginOnce() async throws {
        let plugin = CredentialPlugin(Self.command(Self.printing(#"{"token":"'$$'"}"#)))
        let tokens = await withTaskGroup(of: String?.self) { group in
            for _ in 0..<10 { group.addTask { try? await plugin.credential(refused: nil).token } }
            return await group.reduce(into: Set<String?>()) { $0.insert($1) }
        }
        #expect(tokens.count == 1)
    }

    @Test func aRefusedTokenIsRequestedAgain() async throws {
        let server = try FakeAPIServer()
        // The plugin prints its file's content, so that the test can distinguish the runs.
        try server.write("old", to: "next")
        let handler: FakeAPIServer.Handler = { request in
            request.headers[.authorization] == "Bearer new" ? .json([:]) : .status(.unauthorized, reason: "")
        }
        try await server.serve(handler) {
            let value = KubeconfigTests.configuration(
                cluster: [
                    "server": .string("https://localhost:\(server.number)"), "certificate-authority": "ca.crt",
                    "extensions": [["name": "client.authentication.k8s.io/exec", "extension": ["audience": "a"]]],
                ],
                user: [
                    "exec": [
                        "apiVersion": .string(Self.version), "command": "./plugin", "args": ["next"],
                        "env": [["name": "FOLDER", "value": .string(server.folder.path)]],
                        "provideClusterInfo": true, "interactiveMode": "Never",
                    ]
                ]
            )
            let script = Self.printing(#"{"token":"'$(cat $FOLDER/$1)'"}"#)
            try server.write("#!/bin/sh\necho \"$KUBERNETES_EXEC_INFO\" >$FOLDER/info\n\(script)\n", to: "plugin")
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o755],
                ofItemAtPath: server.folder.appending(path: "plugin").path
            )
            let access = try KubeconfigTests.read(value, folder: server.folder.path)
            try await KubernetesClient.withClient(for: access) { client in
                let label: @Sendable () async -> KubernetesAPIError.Code? = {
                    await code { () async throws(KubernetesAPIError) in try await client.label(node: "n", [:]) }
                }
                #expect(await label() == .unauthenticated, "the plugin has no other token")
                #expect(server.seen.count == 2)
                try server.write("new", to: "next")
                #expect(await label() == nil, "the API server refuses the old token and accepts the new one")
                #expect(await label() == nil)
                #expect(server.seen.count == 5)
            }
            let text = try String(contentsOf: server.folder.appending(path: "info"), encoding: .utf8)
            let information = try JSONParser.parse(text)
            #expect(information["kind"] == "ExecCredential")
            #expect(information["spec"]?["interactive"] == false)
            let cluster = information["spec"]?["cluster"]
            #expect(cluster?["server"] == .string("https://localhost:\(server.number)"))
            #expect(cluster?["certificate-authority-data"] == .string(server.certificate.pem.base64))
            #expect(cluster?["config"] == ["audience": "a"])
        }
    }
}
