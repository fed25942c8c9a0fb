import Basics
import JSON
import PodAdmission
import TestSupport
import Testing

@testable import ImageRegistry

/// How requests are authorized, and which hosts receive credentials.
@Suite(.timeLimit(.minutes(1))) struct AuthorizationTests {
    @Test func bearerToken() async throws {
        try await FakeRegistry.run { registry in
            registry.wantToken()
            try await ImageInspector.withInspector(registry.configuration(auth: "user:pass:word")) { inspector in
                let reports = await inspector.reports(on: ["\(registry.host)/app:v1"], deadline: .now + .seconds(40))
                #expect(reports.first?.answer.facts != nil)
                #expect(reports.first?.credential == .token)
                #expect(reports.first?.roundTrips == 4, "challenge, token, manifest, config")
                let token = try #require(registry.hits.first { $0.path == "/token" })
                #expect(token.method == "GET")
                #expect(token.query == "service=fake&scope=repository%3Aapp%3Apull" || token.query.contains("scope="))
                #expect(token.authorization == "Basic " + Base64.encode("user:pass:word".utf8))
                #expect(
                    registry.hits.filter { $0.path != "/token" }.allSatisfy {
                        $0.authorization?.hasPrefix("Basic") != true
                    }
                )
                registry.forget()
                // The token is cached, so another tag of the repository needs no new one.
                #expect(await inspector.answer("\(registry.host)/app:v2")?.facts != nil)
                #expect(registry.log.count == 1, "the image is cached under its digest")
                registry.forget()
                // The scheme is cached, so the first request for another repository is the token request.
                #expect(await inspector.answer("\(registry.host)/other:v1")?.facts != nil)
                #expect(registry.log.first == "GET /token")
                #expect(registry.hits.first?.query.contains("repository%3Aother%3Apull") == true)
            }
        }
    }

    @Test func refusedTokenIsFetchedAgainOnce() async throws {
        try await FakeRegistry.run { registry in
            registry.wantToken("one")
            try await ImageInspector.withInspector(registry.configuration()) { inspector in
                #expect(await inspector.answer("\(registry.host)/app:v1")?.facts != nil)
                registry.forget()
                registry.wantToken("two")
                #expect(await inspector.answer("\(registry.host)/app:v2")?.facts != nil)
                #expect(registry.log == ["GET /v2/app/manifests/v2", "GET /token", "GET /v2/app/manifests/v2"])
                registry.forget()
                registry.wantToken("three", tokenReply: #"{"token":"wrong"}"#)
                #expect(await inspector.answer("\(registry.host)/app:v3")?.reason?.code == .unauthorized)
                #expect(registry.log.count == 3, "only one retry")
            }
        }
    }

    @Test func tokenIsKeptForItsLifetimeMinusAMargin() async throws {
        try await FakeRegistry.run { registry in
            registry.wantToken("good", tokenReply: #"{"access_token":"good"}"#)
            let time = ManualClock()
            var configuration = try registry.configuration()
            configuration.now = { time.now }
            try await ImageInspector.withInspector(configuration) { inspector in
                _ = await inspector.answer("\(registry.host)/app:v1")
                for (seconds, tokens) in [(49, 1), (2, 2)] {
                    time.advance(by: .seconds(seconds))
                    _ = await inspector.answer("\(registry.host)/app:t\(seconds)")
                    #expect(registry.log.filter { $0 == "GET /token" }.count == tokens, "60 s minus 10 s")
                }
            }
        }
    }

    @Test(arguments: [
        #"{"token":""}"#, #"{"token":"a\r\nX: y"}"#, "<html>", #"{"token":5}"#, "[]",
        #"{"token":""# + String(repeating: "a", count: 70_000) + #""}"#,
    ])
    func invalidTokensAreRefused(_ reply: String) async throws {
        try await FakeRegistry.run { registry in
            registry.wantToken("good", tokenReply: reply)
            try await ImageInspector.withInspector(registry.configuration()) { inspector in
                #expect(await inspector.answer("\(registry.host)/app:v1")?.reason?.code == .badResponse)
            }
        }
    }

    @Test func basicAuthorization() async throws {
        try await FakeRegistry.run { registry in
            let (config, image) = (Fixture.config(), Fixture.image(Fixture.config()))
            registry.handle { hit in
                guard hit.authorization == "Basic " + Base64.encode("user:password".utf8) else {
                    return .init(401, [("WWW-Authenticate", #"Basic realm="fake""#)])
                }
                return hit.path.contains("/blobs/") ? config.reply() : image.reply()
            }
            try await ImageInspector.withInspector(registry.configuration(auth: "user:password")) { inspector in
                let reports = await inspector.reports(on: ["\(registry.host)/app:v1"], deadline: .now + .seconds(40))
                #expect(reports.first?.credential == .basic)
                #expect(registry.log.count == 3)
            }
            try await ImageInspector.withInspector(registry.configuration(auth: "user:wrong")) { inspector in
                #expect(await inspector.answer("\(registry.host)/app:v1")?.reason?.code == .unauthorized)
            }
        }
    }

    @Test func allMatchingCredentialsAreTried() async throws {
        try await FakeRegistry.run { registry in
            let (config, image) = (Fixture.config(), Fixture.image(Fixture.config()))
            registry.handle { hit in
                guard hit.authorization == "Basic " + Base64.encode("b:b".utf8) else {
                    return .init(401, [("WWW-Authenticate", "Basic")])
                }
                return hit.path.contains("/blobs/") ? config.reply() : image.reply()
            }
            var configuration = try registry.configuration()
            configuration.credentials = try DockerConfiguration(
                JSONParser.parse(
                    """
                    {"auths":{"\(registry.host)/app":{"username":"a","password":"a"},\
                    "\(registry.host)":{"username":"b","password":"b"}}}
                    """
                )
            )
            try await ImageInspector.withInspector(configuration) { inspector in
                #expect(await inspector.answer("\(registry.host)/app:v1")?.facts != nil)
            }
        }
    }

    @Test func identityTokenIsPosted() async throws {
        try await FakeRegistry.run { registry in
            registry.wantToken()
            var configuration = try registry.configuration()
            configuration.registries = try RegistriesConfiguration(
                JSONParser.parse(
                    """
                    {"mirrors":{"\(registry.host)":{"endpoint":["http://\(registry.host)"]}},\
                    "configs":{"\(registry.host)":{"auth":{"identity_token":"refresh&me"}}}}
                    """
                )
            )
            try await ImageInspector.withInspector(configuration) { inspector in
                #expect(await inspector.answer("\(registry.host)/app:v1")?.facts != nil)
                let token = try #require(registry.hits.first { $0.path == "/token" })
                #expect(token.method == "POST")
                #expect(token.body.contains("refresh_token=refresh%26me"))
            }
        }
    }

    /// The registry names a token server on another host, or redirects to one: that host must receive no credentials.
    @Test(arguments: ["realm", "manifest", "blob"]) func otherHostsReceiveNoCredentials(_ way: String) async throws {
        try await FakeRegistry.run { registry in
            try await FakeRegistry.run { other in
                let (config, image) = (Fixture.config(), Fixture.image(Fixture.config()))
                other.handle { hit in
                    if hit.path == "/token" { return .init(200, [], text: #"{"token":"anonymous"}"#) }
                    return hit.path.contains("config") ? config.reply() : image.reply()
                }
                let host = other.host
                registry.handle { hit in
                    guard let authorization = hit.authorization else {
                        let challenge = way == "realm" ? #"Bearer realm="http://\#(host)/token""# : "Basic"
                        return .init(401, [("WWW-Authenticate", challenge)])
                    }
                    if way == "realm" {
                        // Only an anonymous token may be sent.
                        guard authorization == "Bearer anonymous" else { return .init(500) }
                    } else if way == "manifest", !hit.path.contains("/blobs/") {
                        return .init(307, [("Location", "http://\(host)/image")])
                    } else if way == "blob", hit.path.contains("/blobs/") {
                        return .init(302, [("Location", "//\(host)/config?signature=1")])
                    }
                    return hit.path.contains("/blobs/") ? config.reply() : image.reply()
                }
                var configuration = try FakeRegistry.configuration([registry, other], auth: "user:password")
                configuration.environment = [:]
                try await ImageInspector.withInspector(configuration) { inspector in
                    let reports = await inspector.reports(
                        on: ["\(registry.host)/app:v1"],
                        deadline: .now + .seconds(40)
                    )
                    #expect(reports.first?.answer.facts != nil, "\(String(describing: reports.first?.answer))")
                    #expect(reports.first?.credential == (way == "realm" ? .anonymous : .basic))
                }
                #expect(other.hits.count == 1)
                #expect(other.hits.allSatisfy { $0.authorization == nil && $0.body.isEmpty })
                if way == "realm" { #expect(!registry.hits.contains { $0.authorization?.hasPrefix("Basic") == true }) }
            }
        }
    }

    @Test(arguments: [
        ("https://auth.docker.io", "https://registry-1.docker.io", true, "the token server of Docker Hub"),
        ("https://auth.docker.io", "https://evil.example", false, "another host"),
        ("https://ghcr.io", "https://ghcr.io", true, "the same host"),
        ("https://ghcr.io:8443", "https://ghcr.io", true, "the same host, another port"),
        ("http://ghcr.io", "https://ghcr.io", false, "plain HTTP"),
        ("http://reg:5000", "http://reg:5000", true, "the same plain host and port"),
        ("http://reg:5001", "http://reg:5000", false, "another port without TLS"),
        ("https://allowed.example", "https://reg.example", true, "allowed by the operator"),
        ("https://sub.reg.example", "https://reg.example", false, "a subdomain is another host"),
    ]) func hostsThatMayReceiveCredentials(_ realm: String, _ registry: String, _ may: Bool, _ reason: String) throws {
        let realm = try #require(WebURL(realm)).origin
        let registry = try #require(WebURL(registry)).origin
        let policy = TokenServerPolicy(allowedHosts: ["allowed.example"])
        #expect(policy.mayReceiveCredentials(realm, of: registry) == may, "\(reason)")
    }

    @Test func plainTokenServerOfSecureRegistryIsNotUsed() throws {
        let policy = TokenServerPolicy()
        let (secure, plain) = (
            Origin(isSecure: true, host: "a", port: nil), Origin(isSecure: false, host: "a", port: nil)
        )
        #expect(!policy.mayAsk(plain, for: secure))
        #expect(policy.mayAsk(secure, for: plain) && policy.mayAsk(plain, for: plain))
    }

    @Test(arguments: [
        (
            #"Bearer realm="https://a/t",service="s",scope="repository:x:pull""#,
            [Challenge.bearer(realm: "https://a/t", service: "s", scope: "repository:x:pull")]
        ),
        (
            #"bearer  realm = "https://a/t" , error="invalid_token""#,
            [.bearer(realm: "https://a/t", service: nil, scope: nil)]
        ),
        (
            #"Basic realm="x", Bearer realm=https://a/t"#,
            [.basic, .bearer(realm: "https://a/t", service: nil, scope: nil)]
        ),
        (#"Negotiate, Basic"#, [.basic]),
        (#"Bearer realm="a\"b"#, [.bearer(realm: "a\"b", service: nil, scope: nil)]),
        (#"Bearer service="s""#, []),
        ("", []), (",,,=", []), (#"""#, []),
    ]) func challenges(_ header: String, _ expected: [Challenge]) {
        #expect(Challenge.parse(header) == expected)
    }

    @Test(
        arguments: [
            ("repository:app:pull", "app", "repository:other:pull", "the name is replaced"),
            ("repository:repo:pull", "repo", "repository:other:pull", "the name is also a part of the word repository"),
            ("repository:pull:pull", "pull", "repository:other:pull", "the name is also the action"),
            ("repository:a:pull", "a", "repository:other:pull", "the name is a letter of other words"),
            (
                "repository:a/b:pull repository:base:pull", "a/b", "repository:other:pull repository:base:pull",
                "two scopes"
            ),
            (
                "repository:base:pull repository:a:pull", "a", "repository:base:pull repository:other:pull",
                "the second one"
            ),
            ("registry:catalog:*", "app", "registry:catalog:*", "a scope without a repository is the same for all"),
            ("repository:mirror/app:pull", "app", nil, "another repository: the scope cannot be reused"),
        ] as [(String, String, String?, String)]
    )
    func scopeOfAnotherRepository(_ scope: String, _ repository: String, _ expected: String?, _ reason: String) {
        let derived: String? =
            switch KnownScheme.Scope(scope, for: repository) {
            case .around(let before, let after): before + "other" + after
            case .fixed(let text): text
            case nil: nil
            }
        #expect(derived == expected, "\(reason)")
    }

    @Test func repositoryCalledRepoDoesNotSpoilTheNextScope() async throws {
        try await FakeRegistry.run { registry in
            registry.wantToken()
            try await ImageInspector.withInspector(registry.configuration()) { inspector in
                #expect(await inspector.answer("\(registry.host)/repo:v1")?.facts != nil)
                registry.forget()
                #expect(await inspector.answer("\(registry.host)/acme/app:v1")?.facts != nil)
                #expect(registry.hits.first?.query.contains("scope=repository%3Aacme%2Fapp%3Apull") == true)
            }
        }
    }

    @Test func longHeaderHasNoChallenges() {
        #expect(Challenge.parse("Basic " + String(repeating: "a", count: 9000)).isEmpty)
    }

    @Test func descriptionsContainNoSecrets() throws {
        let credential = Credential.basic(username: "user", password: "hunter2")
        let docker = try DockerConfiguration(
            JSONParser.parse(#"{"auths":{"a":{"username":"u","password":"hunter2"}}}"#)
        )
        let registries = try RegistriesConfiguration(
            JSONParser.parse(#"{"configs":{"a":{"auth":{"username":"u","password":"hunter2"}}}}"#)
        )
        let token = Token(value: "hunter2", expiry: .now, isPersonal: true)
        let authorization = Authorization(header: "Basic hunter2", kind: .basic)
        let settings = try ProxySettings(environment: ["HTTP_PROXY": "http://u:hunter2@p"])
        let proxy = settings.proxy(for: Origin(isSecure: false, host: "a", port: nil))
        for value: Any in [credential, docker, registries, token, authorization, proxy as Any, [credential]] {
            var text = ""
            dump(value, to: &text)
            #expect(!"\(value) \(String(reflecting: value)) \(text)".contains("hunter2"))
        }
    }
}
