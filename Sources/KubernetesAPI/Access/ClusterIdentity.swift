import Basics
import NIOSSL

/// The user that sends requests to the API server.
struct ClusterIdentity: Sendable {
    /// The source of the bearer token.
    enum Token: Sendable {
        /// The user has no token.
        case none
        /// A fixed token.
        case text(String)
        /// A file that is read for each request; its writer replaces the token well before it expires.
        case file(path: String, missing: KubernetesAPIError)
    }

    /// The source of the bearer token.
    var token: Token = .none
    /// The client certificate.
    var certificate: ClientCertificate?
    /// The plugin that returns a credential if the user has neither a token nor a certificate.
    var plugin: CredentialPlugin?

    /// The credential for one request.
    ///
    /// As in client-go, the user's own token or certificate takes precedence over the plugin's.
    /// - Parameter refused: The credential that the API server did not accept.
    /// - Returns: The credential; it is empty if the user has no credential.
    /// - Throws: ``KubernetesAPIError`` if the token file cannot be read or the plugin fails.
    func credential(refused: RequestCredential? = nil) async throws(KubernetesAPIError) -> RequestCredential {
        var credential = RequestCredential(token: try currentToken(), certificate: certificate)
        if let plugin, credential.token == nil, certificate == nil {
            credential = try await plugin.credential(refused: refused)
        }
        return credential
    }

    /// The token, from the file as it is now; nil if the user has no token.
    func currentToken() throws(KubernetesAPIError) -> String? {
        switch token {
        case .none: return nil
        case .text(let text): return text
        case .file(let path, let missing):
            guard let text = Self.text(of: path), !text.isEmpty else { throw missing }
            return text
        }
    }

    /// The text of a file without white space at its ends; nil if it cannot be read or is longer than 64 KiB.
    static func text(of path: String) -> String? {
        (try? BoundedFile.bytes(of: path, limit: 64 << 10)).flatMap { String(validating: $0, as: UTF8.self) }?.trimmed
    }
}

/// The credential that one request carries.
///
/// Descriptions, logs and mirrors do not show it.
struct RequestCredential: Sendable, Redacted {
    /// The bearer token.
    var token: String?
    /// The client certificate.
    var certificate: ClientCertificate?
    /// The number of the credential plugin's run that returned it; nil if it does not come from a plugin.
    var run: Int?

    var description: String { "credential (redacted)" }
}

/// A client certificate and its key.
struct ClientCertificate: Sendable {
    /// The certificate, then the intermediate certificates up to its CA.
    let chain: [NIOSSLCertificate]
    /// The private key.
    let key: NIOSSLPrivateKey

    /// Reads both from PEM; nil if one of them is not valid PEM.
    init?(certificate: [UInt8], key: [UInt8]) {
        guard let chain = try? NIOSSLCertificate.fromPEMBytes(certificate), !chain.isEmpty,
            let key = try? NIOSSLPrivateKey(bytes: key, format: .pem)
        else { return nil }
        self.chain = chain
        self.key = key
    }
}
