import Basics
import JSON
import PodAdmission
import Synchronization
import Testing

@testable import ImageRegistry

/// The credentials that a request brings: in which order they count, and that they count for nobody else.
@Suite struct PullCredentialsTests {
    static let (config, image) = (Fixture.config(), Fixture.image(Fixture.config()))

    /// What a secret holds: a user of the same name as password for each key.
    static func secret(_ entries: KeyValuePairs<String, String>) throws -> DockerConfiguration {
        let auths = entries.map { #""\#($0)":{"username":"\#($1)","password":"\#($1)-hunter2"}"# }
        return try DockerConfiguration(JSONParser.parse(#"{"auths":{\#(auths.joined(separator: ","))}}"#))
    }

    static func header(_ user: String) -> String { "Basic " + Base64.encode("\(user):\(user)-hunter2".utf8) }

    /// Answers those users, and nobody else.
    static func admit(_ users: String..., to registry: FakeRegistry) {
        let headers = users.map(header)
        registry.handle { hit in
            guard let authorization = hit.authorization, headers.contains(authorization) else {
                return .init(401, [("WWW-Authenticate", "Basic")])
            }
            return hit.path.contains("/blobs/") ? config.reply() : image.reply()
        }
    }

    /// The rows are what Lookup of pkg/credentialprovider/keyring.go gives for MakeDockerKeyring's union.
    @Test(
        arguments: [
            ([["r.io": "a"], ["r.io": "b"]], ["r.io": "own"], ["a", "b", "own"], "in the order of the secrets"),
            ([["r.io": "a"], ["r.io/x": "b"]], ["r.io/x/y": "own"], ["b", "a", "own"], "all secrets are one keyring"),
            ([["r.io": "a", "*.io": "b"], ["r.io": "c"]], [:], ["a", "c", "b"], "keys backwards, then secrets"),
            ([["s.io": "a"]], ["r.io": "own"], ["own"], "no secret that matches"),
            ([["s.io": "a"]], [:], [], "none at all"),
            ([["r.io": "a"], ["r.io/x": "a"]], ["r.io": "a"], ["a"], "the same one is tried once"),
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
        let pulling = PullCredentials(try secrets.map(Self.secret))
        let found = try lookup.subject("r.io/x/y:v1", pulling).candidates.map {
            if case .basic(let username, _) = $0 { username } else { "" }
        }
        #expect(found == users, "\(reason)")
    }

    @Test func dockerHubOfASecretGoesBeforeTheServers() throws {
        var configuration = InspectorConfiguration()
        configuration.credentials = try Self.secret(["docker.io": "own"])
        let pulling = PullCredentials([try Self.secret(["https://index.docker.io/v1/": "hub"])])
        let lookup = try ImageInspector(configuration).lookup
        #expect(try lookup.subject("nginx", pulling).candidates.count == 2, "each keyring has the fallback of its own")
        #expect(try lookup.subject("ghcr.io/a/b", pulling).candidates.isEmpty)
    }

    /// Whatever was learnt with a secret, by tag or digest, while it is looked up or after, is for its holders alone.
    @Test func answersStayWithTheirSecret() async throws {
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
                // Somebody else's failure is as little an answer for her.
                #expect(await inspector.answer("\(host)/app:v2", as: bob)?.reason?.code == .unauthorized)
                #expect(await inspector.answer("\(host)/app:v2", as: alice)?.facts != nil)
            }
        }
    }

    @Test func flightsAreNotShared() async throws {
        try await FakeRegistry.run { registry in
            let (gate, opener) = AsyncStream.makeStream(of: Void.self)
            let waiting = Mutex(0)
            registry.handle { hit in
                guard hit.authorization == Self.header("alice") else {
                    if hit.path.hasSuffix("/v1") { opener.finish() }
                    return .init(401, [("WWW-Authenticate", "Basic")])
                }
                // Hers goes on only once the other has come as well.
                waiting.withLock { $0 += 1 }
                for await _ in gate {}
                return hit.path.contains("/blobs/") ? Self.config.reply() : Self.image.reply()
            }
            // The registry asks for Basic, and both know it.
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

    @Test func secretsForOthersDoNotSplitTheCache() async throws {
        try await FakeRegistry.run { registry in
            registry.put("app", tag: "v1", Self.image, Self.config)
            try await ImageInspector.withInspector(registry.configuration()) { inspector in
                let image = "\(registry.host)/app:v1"
                #expect(await inspector.answer(image)?.facts != nil)
                registry.forget()
                let other = PullCredentials([try Self.secret(["ghcr.io": "a", "\(registry.host)/other": "b"])])
                let reports = await inspector.reports(on: [image], credentials: other, deadline: .now + .seconds(5))
                #expect(reports.first?.isCached == true && reports.first?.answer.facts != nil)
                #expect(registry.log.isEmpty)
            }
        }
    }

    @Test func theServersOwnComeAfterThem() async throws {
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
                // The kubelet asks without one only where none matches.
                #expect(await inspector.answer("\(registry.host)/app:v2", as: bob)?.facts != nil)
                #expect(registry.hits.allSatisfy { $0.authorization != nil })
                #expect(registry.hits.count { $0.authorization == Self.header("bob") } == 1, "refused once, not twice")
            }
        }
    }

    @Test func mirrorsGetNone() async throws {
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

    @Test func unreadSecretsAreNotedWhereTheyMayBeWhy() async throws {
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

    @Test func oneSecretCannotCostOthersMuch() async throws {
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
                #expect(answer?.facts != nil, "the server's own are still tried")
                #expect(registry.hits.count <= 2 + 17 + 1, "asked as whom, each once, and the config")
            }
        }
    }

    @Test func nothingSecretShows() async throws {
        try await FakeRegistry.run { registry in
            registry.handle { _ in .init(401, [("WWW-Authenticate", "Basic")], text: "alice-hunter2") }
            try await ImageInspector.withInspector(registry.configuration()) { inspector in
                let pulling = PullCredentials([try Self.secret([registry.host: "alice"])], unread: ["note"])
                let image = "\(registry.host)/app:v1"
                let reports = await inspector.reports(on: [image], credentials: pulling, deadline: .now + .seconds(5))
                let subject = try inspector.lookup.subject(image, pulling)
                for value: Any in [pulling, reports, subject] {
                    var text = ""
                    dump(value, to: &text)
                    #expect(!"\(value) \(String(reflecting: value)) \(text)".contains("hunter2"))
                }
            }
        }
    }
}
