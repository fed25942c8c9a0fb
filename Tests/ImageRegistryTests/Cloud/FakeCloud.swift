import Basics
import FoundationEssentials
import PodAdmission

@testable import ImageRegistry

/// A registry that accepts the credential of a cloud, and the cloud that returns it, both on loopback.
struct FakeCloud {
    /// The Unix time of the test, in seconds.
    static let start = 1_767_225_600

    let registry: FakeRegistry
    let cloud: FakeRegistry
    /// A folder with a token in the file `token`; tests add other files.
    let folder: URL

    var host: String { registry.host }
    func file(_ name: String) -> String { folder.appending(path: name).path }

    /// Runs both while `body` runs.
    static func run(_ body: (FakeCloud) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "polypod-\(UInt64.random(in: 0...(.max)))"
        )
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try "subject-hunter2\n".write(to: folder.appending(path: "token"), atomically: true, encoding: .utf8)
        try await FakeRegistry.run { registry in
            try await FakeRegistry.run { cloud in
                try await body(FakeCloud(registry: registry, cloud: cloud, folder: folder))
            }
        }
    }

    /// Settings with one cloud, where the registry has the cloud host `name`.
    func configuration(
        _ provider: CloudProvider,
        as name: String,
        environment: [String: String]
    ) throws -> InspectorConfiguration {
        var configuration = try registry.configuration()
        configuration.cloud = [provider]
        configuration.environment = environment
        configuration.cloudSettings.deadline = .seconds(20)
        configuration.cloudSettings.unixTime = { Self.start }
        configuration.cloudSettings.standIn = CloudStandIn(
            origin: Origin(isSecure: false, host: "127.0.0.1", port: cloud.port),
            hosts: [registry.host: name]
        )
        return configuration
    }

    static let amazonHost = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"

    func amazon() throws -> InspectorConfiguration {
        try configuration(
            .ecr,
            as: Self.amazonHost,
            environment: [
                "AWS_ROLE_ARN": "arn:aws:iam::1:role/pull", "AWS_WEB_IDENTITY_TOKEN_FILE": file("token"),
                "AWS_REGION": "eu-central-1",
            ]
        )
    }

    /// Responds as Amazon does, with a new password for each token.
    func answerAsAmazon() {
        let cloud = cloud
        cloud.set(
            "/sts.eu-central-1.amazonaws.com/",
            .init(
                text: """
                    {"AssumeRoleWithWebIdentityResponse":{"AssumeRoleWithWebIdentityResult":{"Credentials":\
                    {"AccessKeyId":"ASIA","SecretAccessKey":"secret-hunter2","SessionToken":"session-hunter2",\
                    "Expiration":1.7672292E9}}}}
                    """
            )
        )
        cloud.handle { hit in
            guard hit.path == "/api.ecr.eu-west-1.amazonaws.com/" else { return .init(404) }
            let number = cloud.hits.filter { $0.path == hit.path }.count
            let token = Base64.encode("AWS:password\(number)-hunter2".utf8)
            return .init(
                text: #"{"authorizationData":[{"authorizationToken":"\#(token)","expiresAt":1767268800.125}]}"#
            )
        }
    }

    /// Serves an image to a user with one of the passwords 1 to 4.
    func admit(_ user: String, _ password: @escaping @Sendable (Int) -> String) {
        let (config, image) = (Fixture.config(), Fixture.image(Fixture.config()))
        let headers = (1..<5).map { "Basic " + Base64.encode("\(user):\(password($0))".utf8) }
        registry.handle { hit in
            guard let authorization = hit.authorization, headers.contains(authorization) else {
                return .init(401, [("WWW-Authenticate", "Basic")])
            }
            return hit.path.contains("/blobs/") ? config.reply() : image.reply()
        }
    }
}
