import Basics
import JSON
import PodAdmission

/// Amazon's ECR: keys of a role or of a user, and a token for all registries of a region with them.
struct ECRCredentialProvider: CloudCredentialProvider {
    /// Where the keys come from.
    private enum Source: Sendable {
        case keys(AmazonKeys)
        case role(arn: String, tokenFile: String)
    }

    let cloud = CloudProvider.ecr
    private let source: Source
    /// The region whose STS is asked; nil for the global one.
    let region: AmazonRegion?
    let client: CloudClient
    private let unixTime: @Sendable () -> Int

    /// Reads the environment; nothing is asked yet.
    init(
        environment: [String: String],
        client: CloudClient,
        unixTime: @escaping @Sendable () -> Int
    ) throws(SetupError) {
        let variables = CloudVariables(environment)
        if let arn = variables["AWS_ROLE_ARN"], let file = variables["AWS_WEB_IDENTITY_TOKEN_FILE"] {
            source = .role(arn: arn, tokenFile: file)
        } else if let id = variables["AWS_ACCESS_KEY_ID"], let secret = variables["AWS_SECRET_ACCESS_KEY"] {
            let session = variables["AWS_SESSION_TOKEN"].map { RedactedText($0) }
            source = .keys(AmazonKeys(id: id, secret: RedactedText(secret), session: session))
        } else {
            throw SetupError(
                .badCloud,
                """
                ecr: set AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
                """
            )
        }
        let name = variables["AWS_REGION"]
        region = name.flatMap { AmazonRegion($0) }
        guard (name == nil) == (region == nil) else {
            throw SetupError(.badCloud, "ecr: AWS_REGION is no region, such as eu-west-1")
        }
        self.client = client
        self.unixTime = unixTime
    }

    /// The region with its domain: a token is good for all registries in it that the keys may read.
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
            return try await assume(arn, CredentialFile.token(in: file, of: "AWS_WEB_IDENTITY_TOKEN_FILE"))
        }
    }

    /// GetAuthorizationToken of the ECR API (API version 2015-09-21).
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
        let reply = try await client.send(message, to: WebURL(api, target: "/"))
        guard let data = reply["authorizationData"]?.array?.first?.object,
            let credential = data["authorizationToken"]?.string.flatMap({ Credential(auth: $0) })
        else { throw CloudClient.fault(api.host) }
        var lifetime = 12 * 3600
        if case .number(let text) = data["expiresAt"], let end = Double(text), end < 1e12 {
            lifetime = min(max(Int(end) - time, 1), lifetime)
        }
        return Expiring(value: credential, lifetime: .seconds(lifetime))
    }
}
