import Basics
import JSON
import PodAdmission

/// Google's Artifact Registry: an access token is the password itself, and good for every registry.
struct GARCredentialProvider: CloudCredentialProvider {
    /// Where the token comes from.
    private enum Source: Sendable {
        case account(ExternalAccount)
        case metadataServer
    }

    private static let scope = "https://www.googleapis.com/auth/cloud-platform"

    let cloud = CloudProvider.gar
    private let source: Source
    private let client: CloudClient

    /// Reads the environment and the file that it names; nothing is asked yet.
    init(
        environment: [String: String],
        usesMetadataServer: Bool,
        client: CloudClient
    ) throws(SetupError) {
        self.client = client
        guard let file = CloudVariables(environment)["GOOGLE_APPLICATION_CREDENTIALS"] else {
            guard usesMetadataServer else {
                throw SetupError(.badCloud, "gar: set GOOGLE_APPLICATION_CREDENTIALS, or allow the metadata server")
            }
            source = .metadataServer
            return
        }
        guard let bytes = CredentialFile.bytes(of: file), let value = try? JSONParser.parse(bytes) else {
            throw SetupError(.badFile, "\(file): not a JSON file that can be read")
        }
        do throws(FieldError) { source = .account(try ExternalAccount(value)) } catch {
            throw SetupError(.badFile, "\(file): \(error.description)")
        }
    }

    func scope(of host: String) -> String? {
        if host == "gcr.io" { return "" }
        let labels = host.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard labels.count == 2, !labels[0].isEmpty else { return nil }
        return labels[1] == "pkg.dev" || labels[1] == "gcr.io" ? "" : nil
    }

    func identity() async throws(RegistryFailure) -> Expiring<RedactedText> {
        switch source {
        case .metadataServer: return try await askMetadataServer()
        case .account(let account):
            let token = try await exchange(account)
            guard let url = account.impersonationURL else { return token }
            return try await impersonate(url, token.value)
        }
    }

    func credential(
        for scope: String,
        as identity: Expiring<RedactedText>
    ) async throws(RegistryFailure) -> Expiring<Credential> {
        let credential = Credential.basic(username: "oauth2accesstoken", password: identity.value.value)
        // Nothing is asked for it, and so it may be made anew each minute: the identity is renewed in time then.
        return Expiring(value: credential, lifetime: min(.seconds(60), identity.lifetime))
    }

    /// The token exchange of RFC 8693, at Google's STS.
    private func exchange(_ account: ExternalAccount) async throws(RegistryFailure) -> Expiring<RedactedText> {
        let form = TransportRequest.Content.form([
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "audience": account.audience,
            "scope": Self.scope, "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "subject_token_type": account.tokenType, "subject_token": try account.token().value,
        ])
        let reply = try await client.send(CloudClient.Message(content: form), to: account.tokenURL)
        return try Self.token(reply, account.tokenURL)
    }

    /// `generateAccessToken` of the IAM Credentials API.
    private func impersonate(
        _ url: WebURL,
        _ token: RedactedText
    ) async throws(RegistryFailure) -> Expiring<RedactedText> {
        let lifetime = 3600
        let content = TransportRequest.Content(
            type: "application/json",
            text: #"{"scope":["\#(Self.scope)"],"lifetime":"\#(lifetime)s"}"#
        )
        let message = CloudClient.Message(headers: [("Authorization", "Bearer \(token.value)")], content: content)
        let reply = try await client.send(message, to: url)
        return Expiring(
            value: try reply.token("accessToken", from: url.origin.host),
            lifetime: .seconds(lifetime)
        )
    }

    /// The token of the Pod's service account, from the metadata server that GKE puts before the node's.
    private func askMetadataServer() async throws(RegistryFailure) -> Expiring<RedactedText> {
        let address = Origin(isSecure: false, host: AddressRules.metadataServer.description, port: nil)
        let url = WebURL(address, target: "/computeMetadata/v1/instance/service-accounts/default/token")
        let message = CloudClient.Message(headers: [("Metadata-Flavor", "Google")], isForMetadataServer: true)
        return try Self.token(await client.send(message, to: url), url)
    }

    private static func token(_ reply: JSONObject, _ url: WebURL) throws(RegistryFailure) -> Expiring<RedactedText> {
        Expiring(
            value: try reply.token("access_token", from: url.origin.host),
            lifetime: reply.lifetime(default: 600)
        )
    }
}
