import Basics
import JSON
import PodAdmission

/// Azure's ACR: a token of Entra for the workload's own, and a refresh token of the registry for that.
struct ACRCredentialProvider: CloudCredentialProvider {
    private static let domains: Set<String> = ["azurecr.io", "azurecr.cn", "azurecr.us"]
    let cloud = CloudProvider.acr
    private let client: CloudClient
    private let clientID: String
    private let tenant: String
    private let tokenFile: String
    private let origin: WebURL
    private let unixTime: @Sendable () -> Int

    /// Reads the environment; nothing is asked yet.
    init(
        environment: [String: String],
        client: CloudClient,
        unixTime: @escaping @Sendable () -> Int
    ) throws(SetupError) {
        let variables = CloudVariables(environment)
        guard let clientID = variables["AZURE_CLIENT_ID"], let tenant = variables["AZURE_TENANT_ID"],
            let tokenFile = variables["AZURE_FEDERATED_TOKEN_FILE"]
        else {
            throw SetupError(.badCloud, "acr: set AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_FEDERATED_TOKEN_FILE")
        }
        guard tenant.utf8.allSatisfy({ $0.isASCIILetter || $0.isASCIIDigit || "-.".utf8.contains($0) }) else {
            throw SetupError(.badCloud, "acr: AZURE_TENANT_ID is no tenant")
        }
        let host = variables["AZURE_AUTHORITY_HOST"] ?? "https://login.microsoftonline.com/"
        guard let origin = WebURL(host), origin.origin.isSecure, !origin.target.contains("?") else {
            throw SetupError(.badCloud, "acr: AZURE_AUTHORITY_HOST is no https URL")
        }
        self.client = client
        self.clientID = clientID
        self.tenant = tenant
        self.tokenFile = tokenFile
        self.origin = origin
        self.unixTime = unixTime
    }

    /// The registry itself: each has refresh tokens of its own.
    func scope(of host: String) -> String? {
        let labels = host.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard labels.count == 2, Self.domains.contains(String(labels[1])), (5...63).contains(labels[0].utf8.count),
            labels[0].utf8.allSatisfy({ $0.isASCIILetter || $0.isASCIIDigit || $0 == UInt8(ascii: "-") })
        else { return nil }
        return host
    }

    /// A token for the workload's own (Microsoft identity platform, "OAuth 2.0 client credentials flow", third case).
    func identity() async throws(RegistryFailure) -> Expiring<RedactedText> {
        let assertion = try CredentialFile.token(in: tokenFile, of: "AZURE_FEDERATED_TOKEN_FILE")
        let form = TransportRequest.Content.form([
            "grant_type": "client_credentials", "client_id": clientID,
            "scope": "https://containerregistry.azure.net/.default",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion.value,
        ])
        let base = origin.target.hasSuffix("/") ? origin.target : origin.target + "/"
        let url = WebURL(origin.origin, target: "\(base)\(tenant)/oauth2/v2.0/token")
        let reply = try await client.send(CloudClient.Message(content: form), to: url)
        return Expiring(
            value: try reply.token("access_token", from: url.origin.host),
            lifetime: reply.lifetime(default: 3600)
        )
    }

    /// A refresh token of the registry (Azure/acr, docs/AAD-OAuth.md).
    func credential(
        for registry: String,
        as identity: Expiring<RedactedText>
    ) async throws(RegistryFailure) -> Expiring<Credential> {
        let form = TransportRequest.Content.form([
            "grant_type": "access_token", "service": registry, "tenant": tenant, "access_token": identity.value.value,
        ])
        let url = WebURL(Origin(isSecure: true, host: registry, port: nil), target: "/oauth2/exchange")
        let reply = try await client.send(CloudClient.Message(content: form), to: url)
        let token = try reply.token("refresh_token", from: registry)
        // The answer does not say how long it is good for, the token itself does: three hours, by Azure's documentation.
        let seconds = JSONWebToken.end(of: token).map { min(max($0 - unixTime(), 1), 24 * 3600) } ?? 3600
        return Expiring(value: .identity(token: token.value), lifetime: .seconds(seconds))
    }
}
