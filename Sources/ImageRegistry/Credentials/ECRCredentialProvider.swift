import Basics
import JSON
import PodAdmission

/// Amazon ECR: the identity is the keys of a role or of a user, the credential a token for all registries of a region.
struct ECRCredentialProvider: CloudCredentialProvider {
    /// The source of the keys.
    private enum Source: Sendable {
        case keys(AmazonKeys)
        case role(arn: String, tokenFile: String)
    }

    let cloud = CloudProvider.ecr
    private let source: Source
    /// The region of STS; nil for the global endpoint.
    private let region: AmazonRegion?
    private let client: CloudClient
    private let unixTime: @Sendable () -> Int

    init(_ environment: CloudEnvironment) throws(SetupError) {
        if let arn = environment["AWS_ROLE_ARN"], let file = environment["AWS_WEB_IDENTITY_TOKEN_FILE"] {
            source = .role(arn: arn, tokenFile: file)
        } else if let id = environment["AWS_ACCESS_KEY_ID"], let secret = environment["AWS_SECRET_ACCESS_KEY"] {
            let session = environment["AWS_SESSION_TOKEN"].map { RedactedText($0) }
            source = .keys(AmazonKeys(id: id, secret: RedactedText(secret), session: session))
        } else {
            throw SetupError(
                .badCloud,
                """
                ecr: set AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
                """
            )
        }
        let name = environment["AWS_REGION"]
        region = name.flatMap { AmazonRegion($0) }
        guard (name == nil) == (region == nil) else {
            throw SetupError(.badCloud, "ecr: AWS_REGION is not a region, such as eu-west-1")
        }
        client = environment.client
        unixTime = environment.settings.unixTime
    }

    /// The region with its domain: one token is valid for all registries in the region that the keys may read.
    func scope(of host: String) -> String? {
        let labels = host.split(separator: ".", maxSplits: 4, omittingEmptySubsequences: false)
        guard labels.count == 5, labels[0].utf8.count == 12, labels[0].utf8.allSatisfy(\.isASCIIDigit),
            labels[1] == "dkr", labels[2] == "ecr", let region = AmazonRegion(labels[3]), labels[4] == region.domain
        else { return nil }
        return region.host
    }

    func identity() async throws(RegistryFailure) -> Expiring<AmazonKeys> {
        switch source {
        case .keys(let keys): return Expiring(value: keys, lifetime: .seconds(86_400))
        case .role(let arn, let file):
            return try await assumeRole(arn, CredentialFile.token(in: file, of: "AWS_WEB_IDENTITY_TOKEN_FILE"))
        }
    }

    /// Calls GetAuthorizationToken of the ECR API (API version 2015-09-21).
    ///
    /// - Throws: ``RegistryFailure`` if ECR fails, refuses, or responds without a token.
    func credential(
        for scope: String,
        as identity: Expiring<AmazonKeys>
    ) async throws(RegistryFailure) -> Expiring<Credential> {
        let api = Origin(isSecure: true, host: "api.ecr.\(scope)", port: nil)
        let content = TransportRequest.Content(type: "application/x-amz-json-1.1", text: "{}")
        let target = ("X-Amz-Target", "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken")
        let time = unixTime()
        let signature = AmazonSignature(
            keys: identity.value,
            region: String(scope.prefix { $0 != "." }),
            service: "ecr",
            unixTime: time
        )
        let added = signature.headers(
            signing: [("Content-Type", content.type), target],
            method: "POST",
            host: api.host,
            body: content.text
        )
        let message = CloudClient.Message(headers: [target] + added, content: content)
        let response = try await client.send(message, to: WebURL(api, target: "/"))
        guard let data = response["authorizationData"]?.array?.first?.object,
            let credential = data["authorizationToken"]?.string.flatMap({ Credential(auth: $0) })
        else { throw CloudClient.noToken(api.host) }
        var lifetime = 12 * 3600
        if case .number(let text) = data["expiresAt"], let end = Double(text), end.magnitude < 1e12 {
            lifetime = min(max(Int(end) - time, 1), lifetime)
        }
        return Expiring(value: credential, lifetime: .seconds(lifetime))
    }

    /// Calls AssumeRoleWithWebIdentity of the STS API (API version 2011-06-15); the token replaces a signature.
    private func assumeRole(_ arn: String, _ token: RedactedText) async throws(RegistryFailure) -> Expiring<AmazonKeys>
    {
        let host = region.map { "sts.\($0.host)" } ?? "sts.amazonaws.com"
        let lifetime = 3600
        let form = TransportRequest.Content.form([
            "Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15", "DurationSeconds": "\(lifetime)",
            "RoleArn": arn, "RoleSessionName": "polypod", "WebIdentityToken": token.value,
        ])
        let url = WebURL(Origin(isSecure: true, host: host, port: nil), target: "/")
        let response = try await client.send(CloudClient.Message(content: form), to: url)
        let result = response["AssumeRoleWithWebIdentityResponse"]?["AssumeRoleWithWebIdentityResult"]
        guard let keys = result?["Credentials"]?.object else { throw CloudClient.noToken(host) }
        return Expiring(
            value: AmazonKeys(
                id: try keys.token("AccessKeyId", from: host).value,
                secret: try keys.token("SecretAccessKey", from: host),
                session: try keys.token("SessionToken", from: host)
            ),
            lifetime: .seconds(lifetime)
        )
    }
}

/// An AWS region, such as `us-gov-west-1`; it is checked because it becomes part of a host name.
private struct AmazonRegion: Sendable {
    let name: String

    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 3, text.utf8.count <= 32, let number = parts.last, (1...2).contains(number.utf8.count),
            number.utf8.allSatisfy(\.isASCIIDigit)
        else { return nil }
        let isSound = parts.dropLast().allSatisfy { part in
            !part.isEmpty && part.utf8.allSatisfy { $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") }
        }
        guard isSound else { return nil }
        name = String(text)
    }

    /// The domain of the services in the region.
    var domain: String { name.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com" }
    /// The part of a service's host after the name of the service.
    var host: String { "\(name).\(domain)" }
}
