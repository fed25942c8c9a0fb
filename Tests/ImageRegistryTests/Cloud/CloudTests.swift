import Basics
import FoundationEssentials
import JSON
import Logging
import PodAdmission
import Synchronization
import TestSupport
import Testing

@testable import ImageRegistry

/// The credentials of the three clouds, tested with fakes that respond as the clouds document it.
@Suite(.timeLimit(.minutes(1))) struct CloudTests {
    @Test func amazonByRole() async throws {
        try await FakeCloud.run { fake in
            fake.answerAsAmazon()
            fake.admit("AWS") { "password\($0)-hunter2" }
            try await ImageInspector.withInspector(fake.amazon()) { inspector in
                let reports = await inspector.reports(on: ["\(fake.host)/app:v1"], deadline: .now + .seconds(40))
                #expect(reports.first?.answer.facts != nil && reports.first?.credential == .basic)
                #expect(await inspector.answer("\(fake.host)/other:v1")?.facts != nil)
            }
            #expect(fake.cloud.log.count == 2, "role and token, once each: \(fake.cloud.log)")
            let role = try #require(fake.cloud.hits.first)
            #expect(role.header("Accept") == "application/json" && role.authorization == nil)
            #expect(role.form["Action"] == "AssumeRoleWithWebIdentity" && role.form["Version"] == "2011-06-15")
            #expect(role.form["RoleArn"] == "arn:aws:iam::1:role/pull")
            #expect(role.form["WebIdentityToken"] == "subject-hunter2")
            let token = try #require(fake.cloud.hits.last)
            #expect(token.method == "POST" && token.body == "{}")
            #expect(token.header("X-Amz-Target") == "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken")
            #expect(token.header("Content-Type") == "application/x-amz-json-1.1")
            #expect(token.header("X-Amz-Date") == "20260101T000000Z")
            #expect(token.header("X-Amz-Security-Token") == "session-hunter2")
            let signed = "content-type;host;x-amz-date;x-amz-security-token;x-amz-target"
            let scope = "ASIA/20260101/eu-west-1/ecr/aws4_request"
            let prefix = "AWS4-HMAC-SHA256 Credential=\(scope), SignedHeaders=\(signed), Signature="
            #expect(token.authorization?.hasPrefix(prefix) == true)
        }
    }

    @Test func amazonByKeys() async throws {
        try await FakeCloud.run { fake in
            fake.answerAsAmazon()
            fake.admit("AWS") { "password\($0)-hunter2" }
            let configuration = try fake.configuration(
                .ecr,
                as: FakeCloud.amazonHost,
                environment: ["AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s"]
            )
            try await ImageInspector.withInspector(configuration) { inspector in
                #expect(await inspector.answer("\(fake.host)/app:v1")?.facts != nil)
            }
            #expect(fake.cloud.log == ["POST /api.ecr.eu-west-1.amazonaws.com/"])
            #expect(fake.cloud.hits.first?.authorization?.contains("Credential=AKIA/") == true)
        }
    }

    @Test(arguments: ["-1e300", "1e300", "1e999"]) func impossibleExpiryIsIgnored(_ expiry: String) async throws {
        try await FakeCloud.run { fake in
            let token = Base64.encode("AWS:password1".utf8)
            fake.cloud.handle { _ in
                .init(text: #"{"authorizationData":[{"authorizationToken":"\#(token)","expiresAt":\#(expiry)}]}"#)
            }
            fake.admit("AWS") { "password\($0)" }
            let configuration = try fake.configuration(
                .ecr,
                as: FakeCloud.amazonHost,
                environment: ["AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s"]
            )
            try await ImageInspector.withInspector(configuration) { inspector in
                #expect(await inspector.answer("\(fake.host)/app:v1")?.facts != nil)
            }
        }
    }

    @Test(arguments: [false, true]) func googleByFile(_ impersonates: Bool) async throws {
        try await FakeCloud.run { fake in
            let account = "/v1/projects/-/serviceAccounts/pull@p.iam.gserviceaccount.com:generateAccessToken"
            let impersonation =
                impersonates
                ? #","service_account_impersonation_url":"https://iamcredentials.googleapis.com\#(account)""# : ""
            let token = #"{"id_token":"subject-hunter2"}"#
            try token.write(to: fake.folder.appending(path: "json"), atomically: true, encoding: .utf8)
            let text = """
                {"type":"external_account","audience":"//iam.googleapis.com/pool","subject_token_type":\
                "urn:ietf:params:oauth:token-type:jwt","token_url":"https://sts.googleapis.com/v1/token"\
                \(impersonation),"credential_source":{"file":"\(fake.file("json"))",\
                "format":{"type":"json","subject_token_field_name":"id_token"}}}
                """
            try text.write(to: fake.folder.appending(path: "google"), atomically: true, encoding: .utf8)
            let reply = #"{"access_token":"password1-hunter2","expires_in":3599,"token_type":"Bearer"}"#
            fake.cloud.set("/sts.googleapis.com/v1/token", .init(text: reply))
            let second = #"{"accessToken":"password2-hunter2","expireTime":"2026-01-01T01:00:00Z"}"#
            fake.cloud.set("/iamcredentials.googleapis.com\(account)", .init(text: second))
            fake.admit("oauth2accesstoken") { _ in "password\(impersonates ? 2 : 1)-hunter2" }
            let configuration = try fake.configuration(
                .gar,
                as: "europe-docker.pkg.dev",
                environment: ["GOOGLE_APPLICATION_CREDENTIALS": fake.file("google")]
            )
            try await ImageInspector.withInspector(configuration) { inspector in
                #expect(await inspector.answer("\(fake.host)/p/app:v1")?.facts != nil)
                #expect(await inspector.answer("\(fake.host)/p/app:v2")?.facts != nil)
            }
            let exchange = try #require(fake.cloud.hits.first)
            #expect(exchange.form["grant_type"] == "urn:ietf:params:oauth:grant-type:token-exchange")
            #expect(exchange.form["subject_token"] == "subject-hunter2")
            #expect(exchange.form["audience"] == "//iam.googleapis.com/pool")
            #expect(fake.cloud.hits.count == (impersonates ? 2 : 1))
            if impersonates { #expect(fake.cloud.hits.last?.authorization == "Bearer password1-hunter2") }
        }
    }

    @Test func googleByMetadataServer() async throws {
        try await FakeCloud.run { fake in
            let path = "/169.254.169.254/computeMetadata/v1/instance/service-accounts/default/token"
            fake.cloud.set(path, .init(text: #"{"access_token":"password1","expires_in":3000}"#))
            fake.admit("oauth2accesstoken") { "password\($0)" }
            var configuration = try fake.configuration(.gar, as: "gcr.io", environment: [:])
            configuration.usesMetadataServer = true
            try await ImageInspector.withInspector(configuration) { inspector in
                #expect(await inspector.answer("\(fake.host)/p/app:v1")?.facts != nil)
            }
            #expect(fake.cloud.hits.map { $0.header("Metadata-Flavor") } == ["Google"])
        }
    }

    @Test func azure() async throws {
        try await FakeCloud.run { fake in
            let reply = #"{"access_token":"entra-hunter2","expires_in":"3599"}"#
            fake.cloud.set("/login.example.com/base/tenant-1/oauth2/v2.0/token", .init(text: reply))
            let end = Base64.encode(#"{"exp":\#(FakeCloud.start + 10_800)}"#.utf8)
            let refresh = #"{"refresh_token":"h.\#(end.prefix { $0 != "=" }).s-hunter2"}"#
            fake.cloud.set("/acmecorp.azurecr.io/oauth2/exchange", .init(text: refresh))
            fake.registry.wantToken()
            let configuration = try fake.configuration(
                .acr,
                as: "acmecorp.azurecr.io",
                environment: [
                    "AZURE_CLIENT_ID": "client-1", "AZURE_TENANT_ID": "tenant-1",
                    "AZURE_FEDERATED_TOKEN_FILE": fake.file("token"),
                    "AZURE_AUTHORITY_HOST": "https://login.example.com/base",
                ]
            )
            try await ImageInspector.withInspector(configuration) { inspector in
                let reports = await inspector.reports(on: ["\(fake.host)/app:v1"], deadline: .now + .seconds(40))
                #expect(reports.first?.answer.facts != nil && reports.first?.credential == .token)
                #expect(await inspector.answer("\(fake.host)/other:v1")?.facts != nil)
            }
            #expect(fake.cloud.hits.count == 2)
            let entra = try #require(fake.cloud.hits.first)
            #expect(entra.form["client_assertion"] == "subject-hunter2" && entra.form["client_id"] == "client-1")
            #expect(entra.form["scope"] == "https://containerregistry.azure.net/.default")
            let exchange = try #require(fake.cloud.hits.last)
            #expect(exchange.form["service"] == "acmecorp.azurecr.io" && exchange.form["tenant"] == "tenant-1")
            #expect(exchange.form["access_token"] == "entra-hunter2")
            let token = try #require(fake.registry.hits.first { $0.path == "/token" })
            #expect(token.method == "POST" && token.form["refresh_token"]?.hasPrefix("h.") == true)
        }
    }

    @Test(arguments: [
        ("a.e30.s", nil, "no expiry"), ("a.eyJleHAiOjV9.s", 5, "an expiry"), ("eyJleHAiOjV9", nil, "not a token"),
        ("a.!.s", nil, "not base64"), ("a.eyJleHAiOiI1In0.s", nil, "an expiry that is not a number"),
        ("a.eyJleHAiOjUsIngiOiI_Pz8ifQ.s", 5, "the URL-safe alphabet"),
    ]) func tokenExpiry(_ token: String, _ expiry: Int?, _ reason: String) {
        #expect(JSONWebToken.expiry(of: RedactedText(token)) == expiry, "\(reason)")
    }

    @Test func cloudCredentialComesLast() async throws {
        try await FakeCloud.run { fake in
            fake.answerAsAmazon()
            fake.admit("AWS") { $0 == 1 ? "own" : "password1-hunter2" }
            var configuration = try fake.amazon()
            configuration.credentials = try DockerConfiguration(
                JSONParser.parse(#"{"auths":{"\#(fake.host)/own":{"username":"AWS","password":"own"}}}"#)
            )
            try await ImageInspector.withInspector(configuration) { inspector in
                #expect(await inspector.answer("\(fake.host)/own:v1")?.facts != nil)
                #expect(fake.cloud.log.isEmpty, "the operator's credential is enough")
                fake.registry.forget()
                let secret = try DockerConfiguration(
                    JSONParser.parse(#"{"auths":{"\#(fake.host)/app":{"username":"bob","password":"b"}}}"#)
                )
                let answer = await inspector.answer("\(fake.host)/app:v1", as: PullCredentials([secret]))
                #expect(answer?.facts != nil)
                let users = fake.registry.hits.filter { $0.path.contains("/manifests/") }.map(\.authorization)
                let expected = ["bob:b", "AWS:password1-hunter2"].map { "Basic " + Base64.encode($0.utf8) }
                #expect(users == expected)
            }
        }
    }

    @Test func renewalDoesNotDelayCallers() async throws {
        try await FakeCloud.run { fake in
            fake.answerAsAmazon()
            fake.admit("AWS") { "password\($0)-hunter2" }
            let time = ManualClock()
            var configuration = try fake.amazon()
            configuration.now = { time.now }
            try await ImageInspector.withInspector(configuration) { inspector in
                func user(_ tag: String) async -> String? {
                    fake.registry.forget()
                    #expect(await inspector.answer("\(fake.host)/app:\(tag)")?.facts != nil)
                    return fake.registry.hits.last?.authorization
                }
                let (first, second) = ("password1-hunter2", "password2-hunter2")
                func header(_ password: String) -> String { "Basic " + Base64.encode("AWS:\(password)".utf8) }
                #expect(await user("v1") == header(first))
                time.advance(by: .seconds(8 * 3600 - 1))
                #expect(await user("v2") == header(first))
                #expect(fake.cloud.hits.count == 2)
                time.advance(by: .seconds(1))
                #expect(await user("v3") == header(first), "the old credential is used during the renewal")
                // The keys of the role have expired long ago, so they are renewed too.
                time.advance(by: .seconds(4 * 3600 - 60))
                #expect(await user("v4") == header(second), "at the latest when the first credential expires")
                #expect(fake.cloud.hits.count == 4)
            }
        }
    }

    @Test(.timeLimit(.minutes(1))) func stalledCloudDoesNotDelayOthers() async throws {
        try await FakeCloud.run { fake in
            try await FakeRegistry.run { other in
                let (config, image) = (Fixture.config(), Fixture.image(Fixture.config()))
                other.put("app", tag: "v1", image, config)
                let (asked, ask) = AsyncStream.makeStream(of: Void.self)
                fake.cloud.handle { _ in
                    ask.yield()
                    return .init(200, [], .silence)
                }
                fake.registry.handle { _ in .init(401, [("WWW-Authenticate", "Basic")]) }
                var configuration = try fake.amazon()
                configuration.registries = try FakeRegistry.configuration([fake.registry, other]).registries
                configuration.lookupsPerRegistry = 1
                let time = ManualClock()
                configuration.now = { time.now }
                configuration.cloudSettings.deadline = .seconds(2)
                configuration.lookupTimeout = .seconds(20)
                let start = ContinuousClock.now
                try await ImageInspector.withInspector(configuration) { inspector in
                    async let stalled = inspector.answer("\(fake.host)/app:v1")
                    for await _ in asked { break }
                    #expect(await inspector.answer("\(other.host)/app:v1")?.facts != nil)
                    // A caller with a matching secret does not wait for the cloud either.
                    let secret = try DockerConfiguration(
                        JSONParser.parse(#"{"auths":{"\#(fake.host)":{"username":"alice","password":"a"}}}"#)
                    )
                    let alice = "Basic " + Base64.encode("alice:a".utf8)
                    fake.registry.handle { hit in
                        guard hit.authorization == alice else {
                            return .init(401, [("WWW-Authenticate", "Basic")])
                        }
                        return hit.path.contains("/blobs/") ? config.reply() : image.reply()
                    }
                    let hers = await inspector.answer("\(fake.host)/app:v1", as: PullCredentials([secret]))
                    #expect(hers?.facts != nil)
                    let reason = await stalled?.reason
                    #expect(reason?.code == .deadline)
                    #expect(reason?.detail.contains("401") == true && reason?.detail.contains("ecr") == true)
                    #expect(ContinuousClock.now - start < .seconds(30), "the response would take a minute")
                    #expect(await inspector.answer("\(fake.host)/app:v2")?.reason?.code == .deadline)
                    #expect(fake.cloud.hits.count == 1, "no second request immediately after a failure")
                }
            }
        }
    }

    @Test func publicImagesNeedNoCloud() async throws {
        try await FakeCloud.run { fake in
            let (config, image) = (Fixture.config(), Fixture.image(Fixture.config()))
            fake.registry.put("public", tag: "v1", image, config)
            fake.registry.set("/v2/closed/manifests/v1", .init(401, [("WWW-Authenticate", "Basic")]))
            fake.cloud.handle { _ in .init(403, text: "hunter2") }
            try await ImageInspector.withInspector(fake.amazon()) { inspector in
                #expect(await inspector.answer("\(fake.host)/public:v1")?.facts != nil)
                let reason = await inspector.answer("\(fake.host)/closed:v1")?.reason
                #expect(reason?.code == .unauthorized)
                #expect(reason?.detail.contains("sts.eu-central-1.amazonaws.com: the server answered 403") == true)
            }
        }
    }

    /// While the cloud is down, a refusal by the registry does not make old answers wrong.
    @Test func staleAnswersAreServedWhileTheCloudIsDown() async throws {
        try await FakeCloud.run { fake in
            fake.answerAsAmazon()
            fake.admit("AWS") { "password\($0)-hunter2" }
            let time = ManualClock()
            var configuration = try fake.amazon()
            configuration.now = { time.now }
            try await ImageInspector.withInspector(configuration) { inspector in
                #expect(await inspector.answer("\(fake.host)/app:v1")?.facts != nil)
                fake.cloud.set("/sts.eu-central-1.amazonaws.com/", .init(503))
                time.advance(by: .seconds(13 * 3600))
                let answer = await inspector.answer("\(fake.host)/app:v1")
                #expect(answer?.facts != nil && answer?.staleSeconds == 13 * 3600)
            }
        }
    }

    @Test func tokenFileIsReadEachTime() async throws {
        try await FakeCloud.run { fake in
            fake.answerAsAmazon()
            fake.admit("AWS") { "password\($0)-hunter2" }
            let time = ManualClock()
            var configuration = try fake.amazon()
            configuration.now = { time.now }
            let file = fake.folder.appending(path: "token")
            try FileManager.default.removeItem(at: file)
            try await ImageInspector.withInspector(configuration) { inspector in
                let reason = await inspector.answer("\(fake.host)/app:v1")?.reason
                #expect(reason?.detail.contains("AWS_WEB_IDENTITY_TOKEN_FILE") == true)
                #expect(reason?.detail.contains(fake.folder.path) == false, "users who create Pods do not see the path")
                try "renewed\n".write(to: file, atomically: true, encoding: .utf8)
                time.advance(by: .seconds(11))
                #expect(await inspector.answer("\(fake.host)/app:v1")?.facts != nil)
                #expect(fake.cloud.hits.first?.form["WebIdentityToken"] == "renewed")
            }
        }
    }

    /// `insecure_skip_verify` for registries does not apply to clouds, which receive a proof of identity.
    @Test func cloudCertificatesAreAlwaysVerified() async throws {
        let certificate = try SelfSigned(names: ["localhost"])
        try await FakeCloud.run { fake in
            try await FakeRegistry.run(tls: certificate.server) { cloud in
                fake.registry.handle { _ in .init(401, [("WWW-Authenticate", "Basic")]) }
                var configuration = try fake.amazon()
                let mirrors = #"{"\#(fake.host)":{"endpoint":["http://\#(fake.host)"]}}"#
                configuration.registries = try RegistriesConfiguration(
                    JSONParser.parse(
                        #"{"mirrors":\#(mirrors),"configs":{"*":{"tls":{"insecure_skip_verify":true}}}}"#
                    )
                )
                configuration.cloudSettings.standIn?.origin = Origin(
                    isSecure: true,
                    host: "localhost",
                    port: cloud.port
                )
                try await ImageInspector.withInspector(configuration) { inspector in
                    #expect(await inspector.answer("\(fake.host)/app:v1")?.reason?.code == .tls)
                }
                #expect(cloud.log.isEmpty)
            }
        }
    }

    /// Logs and reports contain no part of a cloud's response and no secret that was sent.
    @Test(arguments: [
        FakeRegistry.Reply(400, text: #"{"error":"hunter2"}"#), .init(403, text: "hunter2"),
        .init(500, text: "hunter2"),
        .init(200, text: "hunter2"), .init(200, text: #"{"access_token":"hunter2\n"}"#),
        .init(302, [("Location", "http://127.0.0.1:1/hunter2")]), .init(200, [], .endless), .init(200, text: "[]"),
        .init(
            200,
            text: """
                {"AssumeRoleWithWebIdentityResponse":{"AssumeRoleWithWebIdentityResult":{"Credentials":\
                {"AccessKeyId":"hunter2","SecretAccessKey":"hunter2","SessionToken":"hunter2"}}}}
                """
        ),
    ]) func logsAndReportsContainNoSecrets(_ reply: FakeRegistry.Reply) async throws {
        try await FakeCloud.run { fake in
            fake.cloud.handle { _ in reply }
            fake.registry.handle { _ in .init(401, [("WWW-Authenticate", "Basic")], text: "hunter2") }
            let lines = Lines()
            var configuration = try fake.amazon()
            configuration.logger = Logger(label: "test") { _ in lines }
            configuration.logger.logLevel = .trace
            try await ImageInspector.withInspector(configuration) { inspector in
                let reports = await inspector.reports(on: ["\(fake.host)/app:v1"], deadline: .now + .seconds(40))
                #expect(reports.first?.answer.facts == nil)
                var text = ""
                dump(reports, to: &text)
                dump(inspector, to: &text)
                #expect(!text.contains("hunter2"))
            }
            #expect(lines.all.contains { $0.contains("no credential from the cloud") })
            #expect(!lines.all.joined().contains("hunter2"))
        }
    }

    @Test func descriptionsContainNoSecrets() {
        let keys = AmazonKeys(id: "AKIA", secret: RedactedText("hunter2"), session: RedactedText("hunter2"))
        for value: Any in [keys, RedactedText("hunter2"), Expiring(value: RedactedText("hunter2"), lifetime: .zero)] {
            var text = ""
            dump(value, to: &text)
            #expect(!"\(value) \(String(reflecting: value)) \(text)".contains("hunter2"))
        }
    }
}

/// A log handler that keeps all messages.
final class Lines: LogHandler {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        lines.withLock { $0.append("\(event.message) \(event.metadata ?? [:])") }
    }
}
