import Basics
import JSON
import PodAdmission

/// Azure Container Registry: the identity is an Entra access token, the credential a refresh token of the registry.
struct ACRCredentialProvider: CloudCredentialProvider {
    private static let domains: Set<String> = ["azurecr.io", "azurecr.cn", "azurecr.us"]
    let cloud = CloudProvider.acr
    private let client: CloudClient
    private let clientID: String
    private let tenant: String
    private let tokenFile: String
    /// The URL of Entra.
    private let authority: WebURL
    private let unixTime: @Sendable () -> Int

    init(_ environment: CloudEnvironment) throws(SetupError) {
        guard let clientID = environment["AZURE_CLIENT_ID"], let tenant = environment["AZURE_TENANT_ID"],
            let tokenFile = environment["AZURE_FEDERATED_TOKEN_FILE"]
        else {
            throw SetupError(.badCloud, "acr: set AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_FEDERATED_TOKEN_FILE")
        }
        guard tenant.utf8.allSatisfy({ $0.isASCIILetter || $0.isASCIIDigit || "-.".utf8.contains($0) }) else {
            throw SetupError(.badCloud, "acr: AZURE_TENANT_ID is not a tenant ID")
        }
        let host = environment["AZURE_AUTHORITY_HOST"] ?? "https://login.microsoftonline.com/"
        guard let authority = WebURL(host), authority.origin.isSecure, !authority.target.contains("?") else {
            throw SetupError(.badCloud, "acr: AZURE_AUTHORITY_HOST is not an https URL")
        }
        client = environment.client
        self.clientID = clientID
        self.tenant = tenant
        self.tokenFile = tokenFile
        self.authority = authority
        unixTime = environment.settings.unixTime
    }

    /// The host itself, because each registry has its own refresh tokens.
    func scope(of host: String) -> String? {
        let labels = host.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard labels.count == 2, Self.domains.contains(String(labels[1])), (5...63).contains(labels[0].utf8.count),
            labels[0].utf8.allSatisfy({ $0.isASCIILetter || $0.isASCIIDigit || $0 == UInt8(ascii: "-") })
        else { return nil }
        return host
    }

    /// Exchanges the workload's token for an Entra access token.
    ///
    /// The source is the Microsoft identity platform, "OAuth 2.0 client credentials flow", third case.
    ///
    /// - Throws: ``RegistryFailure`` if the token file cannot be read, or Entra fails or refuses.
    func identity() async throws(RegistryFailure) -> Expiring<RedactedText> {
        let assertion = try CredentialFile.token(in: tokenFile, of: "AZURE_FEDERATED_TOKEN_FILE")
        let form = TransportRequest.Content.form([
            "grant_type": "client_credentials", "client_id": clientID,
            "scope": "https://containerregistry.azure.net/.default",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion.value,
        ])
        let base = authority.target.hasSuffix("/") ? authority.target : authority.target + "/"
        let url = WebURL(authority.origin, target: "\(base)\(tenant)/oauth2/v2.0/token")
        let response = try await client.send(CloudClient.Message(content: form), to: url)
        return Expiring(
            value: try response.token("access_token", from: url.origin.host),
            lifetime: response.lifetime(default: 3600)
        )
    }

    /// Exchanges the access token for a refresh token of the registry (Azure/acr, docs/AAD-OAuth.md).
    ///
    /// - Throws: ``RegistryFailure`` if the registry fails or refuses.
    func credential(
        for registry: String,
        as identity: Expiring<RedactedText>
    ) async throws(RegistryFailure) -> Expiring<Credential> {
        let form = TransportRequest.Content.form([
            "grant_type": "access_token", "service": registry, "tenant": tenant, "access_token": identity.value.value,
        ])
        let url = WebURL(Origin(isSecure: true, host: registry, port: nil), target: "/oauth2/exchange")
        let response = try await client.send(CloudClient.Message(content: form), to: url)
        let token = try response.token("refresh_token", from: registry)
        // The response has no lifetime, but the token has one: three hours, according to Azure's documentation.
        let seconds = JSONWebToken.expiry(of: token).map { min(max($0 - unixTime(), 1), 24 * 3600) } ?? 3600
        return Expiring(value: .identity(token: token.value), lifetime: .seconds(seconds))
    }
}

/// Reads the claims of a JSON Web Token (RFC 7519) without verifying it; the server that gets the token verifies it.
enum JSONWebToken {
    /// The `exp` claim in seconds of Unix time; nil if there is none.
    static func expiry(of token: RedactedText) -> Int? {
        let parts = token.value.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        let text = String(parts[1].map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
        guard let bytes = Base64.decode(text), case .number(let end)? = (try? JSONParser.parse(bytes))?["exp"] else {
            return nil
        }
        return Int(end)
    }
}
