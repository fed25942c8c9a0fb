import Basics
import JSON
import PodAdmission

/// Google Artifact Registry: the identity is an access token, which is also the password for every registry.
struct GARCredentialProvider: CloudCredentialProvider {
    /// The source of the token.
    private enum Source: Sendable {
        case account(ExternalAccount)
        case metadataServer
    }

    private static let scope = "https://www.googleapis.com/auth/cloud-platform"

    let cloud = CloudProvider.gar
    private let source: Source
    private let client: CloudClient

    init(_ environment: CloudEnvironment) throws(SetupError) {
        client = environment.client
        guard let file = environment["GOOGLE_APPLICATION_CREDENTIALS"] else {
            guard environment.settings.usesMetadataServer else {
                throw SetupError(.badCloud, "gar: set GOOGLE_APPLICATION_CREDENTIALS, or allow the metadata server")
            }
            source = .metadataServer
            return
        }
        guard let bytes = CredentialFile.bytes(of: file), let value = try? JSONParser.parse(bytes) else {
            throw SetupError(.badFile, "\(file): not a readable JSON file")
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
        // This sends no request, so a short lifetime costs nothing. It makes sure that the identity is renewed in time.
        return Expiring(value: credential, lifetime: min(.seconds(60), identity.lifetime))
    }

    /// Exchanges the subject token for an access token at Google's STS (RFC 8693).
    private func exchange(_ account: ExternalAccount) async throws(RegistryFailure) -> Expiring<RedactedText> {
        let form = TransportRequest.Content.form([
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "audience": account.audience,
            "scope": Self.scope, "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "subject_token_type": account.tokenType, "subject_token": try account.token().value,
        ])
        let response = try await client.send(CloudClient.Message(content: form), to: account.tokenURL)
        return try Self.token(response, account.tokenURL)
    }

    /// Calls `generateAccessToken` of the IAM Credentials API.
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
        let response = try await client.send(message, to: url)
        return Expiring(
            value: try response.token("accessToken", from: url.origin.host),
            lifetime: .seconds(lifetime)
        )
    }

    /// Gets the token of the Pod's service account from the metadata server of GKE.
    private func askMetadataServer() async throws(RegistryFailure) -> Expiring<RedactedText> {
        let address = Origin(isSecure: false, host: AddressRules.metadataServer.description, port: nil)
        let url = WebURL(address, target: "/computeMetadata/v1/instance/service-accounts/default/token")
        let message = CloudClient.Message(headers: [("Metadata-Flavor", "Google")], isForMetadataServer: true)
        return try Self.token(await client.send(message, to: url), url)
    }

    private static func token(_ response: JSONObject, _ url: WebURL) throws(RegistryFailure) -> Expiring<RedactedText> {
        Expiring(
            value: try response.token("access_token", from: url.origin.host),
            lifetime: response.lifetime(default: 600)
        )
    }
}

/// A credential configuration for workload identity federation, with the type `external_account`.
///
/// The format is described in https://google.aip.dev/auth/4117. The subject token must be in a file; the other sources,
/// which are commands and metadata servers, are not supported.
struct ExternalAccount: Sendable {
    /// The name of the source in failures.
    private static let name = "credential_source"

    let audience: String
    let tokenType: String
    let tokenURL: WebURL
    /// The URL that returns the token of a service account; nil if the federated token is used itself.
    let impersonationURL: WebURL?
    private let file: String
    /// The member that contains the token if the file is a JSON document; nil if the file is the token.
    private let field: String?

    /// Reads the document; unknown members are ignored because other programs use them.
    ///
    /// - Throws: ``FieldError`` for another type, a missing member, and a URL that is not a URL of `googleapis.com`.
    init(_ value: JSONValue) throws(FieldError) {
        let root = try value.asObject()
        guard try root.optionalString("type") == "external_account" else {
            throw FieldError(
                "expected external_account; the key of a service_account goes into the Docker configuration",
                at: [.key("type")]
            )
        }
        audience = try Self.text(root, "audience")
        tokenType = try Self.text(root, "subject_token_type")
        guard let url = try Self.url(root, "token_url") else {
            throw FieldError("required", at: [.key("token_url")])
        }
        tokenURL = url
        impersonationURL = try Self.url(root, "service_account_impersonation_url")
        (file, field) = try root.required("credential_source") { value throws(FieldError) in
            let source = try value.asObject()
            let file = try Self.text(source, "file")
            let field = try source.optional("format") { value throws(FieldError) -> String? in
                let format = try value.asObject()
                return try format.optionalString("type") == "json" ? Self.text(format, "subject_token_field_name") : nil
            }
            return (file, field ?? nil)
        }
    }

    /// Reads the current subject token.
    ///
    /// - Throws: ``RegistryFailure`` if the file contains no token.
    func token() throws(RegistryFailure) -> RedactedText {
        guard let field else { return try CredentialFile.token(in: file, of: Self.name) }
        guard let bytes = CredentialFile.bytes(of: file), let object = try? JSONParser.parse(bytes).object else {
            throw CredentialFile.unreadable(Self.name)
        }
        return try object.token(field, from: Self.name)
    }

    private static func text(_ object: JSONObject, _ key: String) throws(FieldError) -> String {
        guard let text = try object.optionalString(key), !text.isEmpty else {
            throw FieldError("required", at: [.key(key)])
        }
        return text
    }

    /// Reads a URL of `googleapis.com`; a configuration from another source must not send the token to another host.
    ///
    /// Google asks to validate such files:
    /// https://cloud.google.com/docs/authentication/external/externally-sourced-credentials
    private static func url(_ object: JSONObject, _ key: String) throws(FieldError) -> WebURL? {
        guard let text = try object.optionalString(key) else { return nil }
        guard let url = WebURL(text), url.origin.isSecure, url.origin.port == 443,
            url.origin.host.hasSuffix(".googleapis.com")
        else { throw FieldError("expected an https URL of googleapis.com", at: [.key(key)]) }
        return url
    }
}
