import Basics
import JSON
import PodAdmission

/// A credential configuration of workload identity federation, of type `external_account` (https://google.aip.dev/auth/4117).
///
/// Only a subject token in a file is read: the other sources are commands and metadata servers.
struct ExternalAccount: Sendable {
    private static let name = "credential_source"

    let audience: String
    let tokenType: String
    let tokenURL: WebURL
    /// Gives a token of a service account for the federated one; nil where that is used itself.
    let impersonationURL: WebURL?
    let file: String
    /// The member that holds the token where the file is a JSON document.
    let field: String?

    /// Reads the document; members that it does not use are passed over, as other programs use them.
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

    /// The subject token as it is now.
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

    /// A URL of Google's: a configuration that somebody else wrote must not send the token to them (Google's libraries
    /// ask to validate such files, https://cloud.google.com/docs/authentication/external/externally-sourced-credentials).
    private static func url(_ object: JSONObject, _ key: String) throws(FieldError) -> WebURL? {
        guard let text = try object.optionalString(key) else { return nil }
        guard let url = WebURL(text), url.origin.isSecure, url.origin.port == 443,
            url.origin.host.hasSuffix(".googleapis.com")
        else { throw FieldError("expected an https URL of googleapis.com", at: [.key(key)]) }
        return url
    }
}
