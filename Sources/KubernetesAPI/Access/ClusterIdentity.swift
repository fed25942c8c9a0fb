import FoundationEssentials
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

    /// What a request shows.
    func credential() throws(KubernetesAPIError) -> RequestCredential {
        switch token {
        case .none: RequestCredential(token: nil, certificate: certificate)
        case .text(let text): RequestCredential(token: text, certificate: certificate)
        case .file(let path, let missing):
            RequestCredential(token: try Self.token(path, missing), certificate: certificate)
        }
    }

    private static func token(_ path: String, _ missing: KubernetesAPIError) throws(KubernetesAPIError) -> String {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8).trimmed, !text.isEmpty else {
            throw missing
        }
        return text
    }
}

/// What one request shows to prove who asks.
struct RequestCredential: Sendable {
    /// The bearer token.
    var token: String?
    /// The client's certificate.
    var certificate: ClientCertificate?
}

/// A certificate of a client, and its key.
struct ClientCertificate: Sendable, Hashable {
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
