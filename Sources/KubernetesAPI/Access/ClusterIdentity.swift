import Basics
import NIOSSL

/// Who asks the API server.
struct ClusterIdentity: Sendable {
    /// Where the bearer token comes from.
    enum Token: Sendable {
        /// There is none.
        case none
        /// It is known.
        case text(String)
        /// It is in a file, read for each request: what writes it renews it well before it expires.
        case file(path: String, missing: KubernetesAPIError)
    }

    /// The bearer token.
    var token: Token = .none
    /// The client's certificate.
    var certificate: ClientCertificate?
    /// What hands out a credential where the user has none.
    var plugin: CredentialPlugin?

    /// What a request shows.
    ///
    /// As in client-go, a token or a certificate that the user has counts before those of a plugin.
    /// - Parameter refused: what the API server did not take.
    func credential(refused: RequestCredential? = nil) async throws(KubernetesAPIError) -> RequestCredential {
        var credential = RequestCredential(token: try fileToken(), certificate: certificate)
        if let plugin, credential.token == nil, certificate == nil {
            credential = try await plugin.credential(refused: refused)
        }
        return credential
    }

    /// The token, of a file as it is now; nil where the user has none.
    func fileToken() throws(KubernetesAPIError) -> String? {
        switch token {
        case .none: return nil
        case .text(let text): return text
        case .file(let path, let missing):
            guard let text = Self.text(of: path), !text.isEmpty else {
                throw missing
            }
            return text
        }
    }

    /// The text of a small file without white space at its ends; nil where it cannot be read or is longer than 64 KiB.
    static func text(of path: String) -> String? {
        (try? BoundedFile.bytes(of: path, limit: 64 << 10)).flatMap { String(validating: $0, as: UTF8.self) }?.trimmed
    }
}

/// What one request shows to prove who asks.
///
/// Its text, in logs and mirrors too, never shows it.
struct RequestCredential: Sendable, Redacted {
    /// The bearer token.
    var token: String?
    /// The client's certificate.
    var certificate: ClientCertificate?
    /// Which run of a credential plugin it is from; nil where it is from none.
    var run: Int?

    var description: String { "credential (redacted)" }
}

/// A certificate of a client, and its key.
struct ClientCertificate: Sendable {
    /// The certificate, and those between it and its CA.
    let chain: [NIOSSLCertificate]
    /// The key.
    let key: NIOSSLPrivateKey

    /// Reads both from PEM; nil where they are none.
    init?(certificate: [UInt8], key: [UInt8]) {
        guard let chain = try? NIOSSLCertificate.fromPEMBytes(certificate), !chain.isEmpty,
            let key = try? NIOSSLPrivateKey(bytes: key, format: .pem)
        else { return nil }
        self.chain = chain
        self.key = key
    }
}
