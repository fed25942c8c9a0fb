import Basics
import JSON
import PodAdmission
import Synchronization
import Testing

@testable import ImageRegistry

/// The credentials of pull secrets: their order, and that other callers get nothing that was found with them.
@Suite struct PullCredentialsTests {
    static let (config, image) = (Fixture.config(), Fixture.image(Fixture.config()))

    /// A secret with a user for each key; the password contains the user name.
    static func secret(_ entries: KeyValuePairs<String, String>) throws -> DockerConfiguration {
        let auths = entries.map { #""\#($0)":{"username":"\#($1)","password":"\#($1)-hunter2"}"# }
        return try DockerConfiguration(JSONParser.parse(#"{"auths":{\#(auths.joined(separator: ","))}}"#))
    }

    static func header(_ user: String) -> String { "Basic " + Base64.encode("\(user):\(user)-hunter2".utf8) }

    /// Serves the image to these users only.
    static func admit(_ users: String..., to registry: FakeRegistry) {
        let headers = users.map(header)
        registry.handle { hit in
            guard let authorization = hit.authorization, headers.contains(authorization) else {
                return .init(401, [("WWW-Authenticate", "Basic")])
            }
            return hit.path.contains("/blobs/") ? config.reply() : image.reply()
        }
    }

    /// The rows are results of Lookup in pkg/credentialprovider/keyring.go for the union of MakeDockerKeyring.
    @Test(
        arguments: [
            ([["r.io": "a"], ["r.io": "b"]], ["r.io": "own"], ["a", "b", "own"], "in the order of the secrets"),
            ([["r.io": "a"], ["r.io/x": "b"]], ["r.io/x/y": "own"], ["b", "a", "own"], "all secrets are one keyring"),
            (
                [["r.io": "a", "*.io": "b"], ["r.io": "c"]], [:], ["a", "c", "b"], "by key, descending, then by secret"
            ),
            ([["s.io": "a"]], ["r.io": "own"], ["own"], "the secret does not match"),
            ([["s.io": "a"]], [:], [], "no credentials"),
            ([["r.io": "a"], ["r.io/x": "a"]], ["r.io": "a"], ["a"], "the same credential is tried once"),
        ] as [([KeyValuePairs<String, String>], KeyValuePairs<String, String>, [String], String)]
    )
    func order(
        _ secrets: [KeyValuePairs<String, String>],
        _ own: KeyValuePairs<String, String>,
        _ users: [String],
        _ reason: String
    ) throws {
        var configuration = InspectorConfiguration()
        configuration.credentials = try Self.secret(own)
        let lookup = try ImageInspector(configuration).lookup
        let pullCredentials = PullCredentials(try secrets.map(Self.secret))
        let found = try lookup.subject("r.io/x/y:v1", pullCredentials).candidates.map {
            if case .basic(let username, _) = $0 { username } else { "" }
        }
        #expect(found == users, "\(reason)")
    }

    @Test func secretForDockerHubComesBeforeTheServersOwn() throws {
        var configuration = InspectorConfiguration()
        configuration.credentials = try Self.secret(["docker.io": "own"])
        let pullCredentials = PullCredentials([try Self.secret(["https://index.docker.io/v1/": "hub"])])
        let lookup = try ImageInspector(configuration).lookup
        #expect(try lookup.subject("nginx", pullCredentials).candidates.count == 2, "each keyring has its own fallback")
        #expect(try lookup.subject("ghcr.io/a/b", pullCredentials).candidates.isEmpty)
    }

    /// Answers that were found with a secret, by tag or by digest, are only for callers with this secret.
    @Test func answersAreOnlyForCallersWithTheSecret() async throws {
        try await FakeRegistry.run { registry in
            Self.admit("alice", to: registry)
            try await ImageInspector.withInspector(registry.configuration()) { inspector in
                let host = registry.host
                let (alice, bob) = (
                    PullCredentials([try Self.secret([host: "alice"])]),
                    PullCredentials([try Self.secret([host: "bob"])])
                )
                let images = ["\(host)/app:v1", "\(host)/app@\(Self.image.digest)"]
                for round in 0..<2 {
                    for image in images {
                        #expect(await inspector.answer(image, as: alice)?.facts != nil, "round \(round)")
                        #expect(await inspector.answer(image)?.reason?.code == .unauthorized, "round \(round)")
                        #expect(await inspector.answer(image, as: bob)?.reason?.code == .unauthorized)
                    }
                }
                // A failure of another user is not an answer for alice either.
                #expect(await inspector.answer("\(host)/app:v2", as: bob)?.reason?.code == .unauthorized)
                #expect(await inspector.answer("\(host)/app:v2", as: alice)?.facts != nil)
            }
        }
    }

    @Test func lookupsAreNotShared() async throws {
        try await FakeRegistry.run { registry in
            let (gate, opener) = AsyncStream.makeStream(of: Void.self)
            let waiting = Mutex(0)
            registry.handle { hit in
                guard hit.authorization == Self.header("alice") else {
                    if hit.path.hasSuffix("/v1") { opener.finish() }
                    return .init(401, [("WWW-Authenticate", "Basic")])
                }
                // Alice's request waits until the other request has arrived.
                waiting.withLock { $0 += 1 }
                for await _ in gate {}
                return hit.path.contains("/blobs/") ? Self.config.reply() : Self.image.reply()
            }
            // The first look-up makes the basic scheme known.
            var configuration = try registry.configuration()
            configuration.lookupTimeout = .seconds(10)
            try await ImageInspector.withInspector(configuration) { inspector in
                let image = "\(registry.host)/app:v1"
                _ = await inspector.answer("\(registry.host)/app:v0")
                let alice = PullCredentials([try Self.secret([registry.host: "alice"])])
                async let hers = inspector.answer(image, as: alice)
                async let others = inspector.answer(image)
                #expect(await hers?.facts != nil)
                #expect(await others?.reason?.code == .unauthorized)
                #expect(waiting.withLock { $0 } == 2, "manifest and config")
            }
        }
    }

    @Test func tokensAreNotShared() async throws {
        try await FakeRegistry.run { registry in
            registry.handle { hit in
                if hit.path == "/token" {
                    let token = hit.authorization == Self.header("alice") ? "hers" : "anybody"
                    return .init(text: #"{"token":"\#(token)","expires_in":3600}"#)
                }
                guard hit.authorization == "Bearer hers" else {
                    return .init(401, [("WWW-Authenticate", #"Bearer realm="http://\#(registry.host)/token""#)])
                }
                return hit.path.contains("/blobs/") ? Self.config.reply() : Self.image.reply()
            }
            try await ImageInspector.withInspector(registry.configuration()) { inspector in
                let alice = PullCredentials([try Self.secret([registry.host: "alice"])])
                let bob = PullCredentials([try Self.secret([registry.host: "bob"])])
                for tag in ["v1", "v2"] {
                    let image = "\(registry.host)/app:\(tag)"
                    #expect(await inspector.answer(image, as: alice)?.facts != nil)
                    #expect(await inspector.answer(image, as: bob)?.reason?.code == .unauthorized)
                    #expect(await inspector.answer(image)?.reason?.code == .unauthorized)
                }
            }
        }
    }

    @Test func secretsForOtherImagesDoNotSplitTheCache() async throws {
        try await FakeRegistry.run { registry in
            registry.put("app", tag: "v1", Self.image, Self.config)
            try await ImageInspector.withInspector(registry.configuration()) { inspector in
                let image = "\(registry.host)/app:v1"
                #expect(await inspector.answer(image)?.facts != nil)
                registry.forget()
                let other = PullCredentials([try Self.secret(["ghcr.io": "a", "\(registry.host)/other": "b"])])
                let reports = await inspector.reports(on: [image], credentials: other, deadline: .now + .seconds(40))
                #expect(reports.first?.isCached == true && reports.first?.answer.facts != nil)
                #expect(registry.log.isEmpty)
            }
        }
    }

    @Test func serversOwnCredentialsComeAfterTheSecrets() async throws {
        try await FakeRegistry.run { registry in
            Self.admit("own", to: registry)
            var configuration = try registry.configuration()
            configuration.credentials = try Self.secret([registry.host: "own"])
            try await ImageInspector.withInspector(configuration) { inspector in
                let image = "\(registry.host)/app:v1"
                let bob = PullCredentials([try Self.secret([registry.host: "bob"])])
                #expect(await inspector.answer(image, as: bob)?.facts != nil)
                let tried = registry.hits.filter { $0.path.contains("/manifests/") }.map(\.authorization)
                #expect(tried == [nil, Self.header("bob"), Self.header("own")])
                registry.forget()
                // The kubelet makes an anonymous request only if no credential matches.
                #expect(await inspector.answer("\(registry.host)/app:v2", as: bob)?.facts != nil)
                #expect(registry.hits.allSatisfy { $0.authorization != nil })
                #expect(registry.hits.count { $0.authorization == Self.header("bob") } == 1, "refused once, not twice")
            }
        }
    }

    @Test func mirrorsReceiveNoPullCredentials() async throws {
        try await FakeRegistry.run { home in
            try await FakeRegistry.run { mirror in
                Self.admit("alice", to: home)
                mirror.handle { _ in .init(401, [("WWW-Authenticate", "Basic")]) }
                var configuration = InspectorConfiguration()
                let endpoints = #"["http://\#(mirror.host)","http://\#(home.host)"]"#
                let text = #"{"mirrors":{"\#(home.host)":{"endpoint":\#(endpoints)}}}"#
                configuration.registries = try RegistriesConfiguration(JSONParser.parse(text))
                try await ImageInspector.withInspector(configuration) { inspector in
                    let secret = try Self.secret([home.host: "alice", mirror.host: "alice"])
                    let answer = await inspector.answer("\(home.host)/app:v1", as: PullCredentials([secret]))
                    #expect(answer?.facts != nil)
                }
                #expect(!mirror.hits.isEmpty && mirror.hits.allSatisfy { $0.authorization == nil })
            }
        }
    }

    @Test func refusalsNameUnreadSecrets() async throws {
        try await FakeRegistry.run { registry in
            registry.put("app", tag: "v1", Self.image, Self.config)
            registry.set("/v2/closed/manifests/v1", .init(401))
            registry.set("/v2/down/manifests/v1", .init(500))
            try await ImageInspector.withInspector(registry.configuration()) { inspector in
                let host = registry.host
                let note = "secret regcred in namespace shop: may not be read"
                let unread = PullCredentials(unread: [note])
                let many = Array(repeating: "\ny\n", count: 1000)
                let long = PullCredentials(unread: [String(repeating: "x\u{1B}", count: 1 << 20)] + many)
                for _ in 0..<2 {
                    for (name, status) in [("closed", "401"), ("missing", "404")] {
                        let image = "\(host)/\(name):v1"
                        let noted = try #require(await inspector.answer(image, as: unread)?.reason?.detail)
                        #expect(noted.contains(status) && noted.hasSuffix("; " + note), "\(noted)")
                        let plain = try #require(await inspector.answer(image)?.reason?.detail)
                        #expect(!plain.contains("regcred"), "the note belongs to one request")
                        let bounded = try #require(await inspector.answer(image, as: long)?.reason?.detail)
                        #expect(bounded.utf8.count < 500 && bounded.hasSuffix("x…; y; y"), "\(bounded)")
                        #expect(bounded.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
                    }
                    let failing = try #require(await inspector.answer("\(host)/down:v1", as: unread)?.reason?.detail)
                    #expect(!failing.contains("regcred"), "a secret would not have helped")
                    #expect(await inspector.answer("\(host)/app:v1", as: unread)?.facts != nil)
                }
            }
        }
    }

    @Test func largeSecretsAreBounded() async throws {
        try await FakeRegistry.run { registry in
            Self.admit("own", to: registry)
            var configuration = try registry.configuration()
            configuration.credentials = try Self.secret([registry.host: "own"])
            let many = (0..<2000).map { #""\#(registry.host)/a\#($0)":{"username":"u","password":"\#($0)"}"# }
            let large = #""\#(registry.host)":{"username":"u","password":"\#(String(repeating: "p", count: 1 << 20))"}"#
            let keys = ([large] + many + (0..<100).map { #""http://\#(registry.host)/?\#($0)":{"username":"\#($0)"}"# })
            let secret = try DockerConfiguration(JSONParser.parse(#"{"auths":{\#(keys.joined(separator: ","))}}"#))
            #expect(secret.entries.count == keys.count)
            try await ImageInspector.withInspector(configuration) { inspector in
                let answer = await inspector.answer("\(registry.host)/a1999:v1", as: PullCredentials([secret]))
                #expect(answer?.facts != nil, "the server's own credentials are still tried")
                #expect(
                    registry.hits.count <= 2 + 17 + 1,
                    "the challenge, one request for each credential, and the config"
                )
            }
        }
    }

    @Test func descriptionsContainNoSecrets() async throws {
        try await FakeRegistry.run { registry in
            registry.handle { _ in .init(401, [("WWW-Authenticate", "Basic")], text: "alice-hunter2") }
            try await ImageInspector.withInspector(registry.configuration()) { inspector in
                let pullCredentials = PullCredentials([try Self.secret([registry.host: "alice"])], unread: ["note"])
                let image = "\(registry.host)/app:v1"
                let reports = await inspector.reports(
                    on: [image],
                    credentials: pullCredentials,
                    deadline: .now + .seconds(40)
                )
                let subject = try inspector.lookup.subject(image, pullCredentials)
                for value: Any in [pullCredentials, reports, subject] {
                    var text = ""
                    dump(value, to: &text)
                    #expect(!"\(value) \(String(reflecting: value)) \(text)".contains("hunter2"))
                }
            }
        }
    }
}
