public import Basics
import NIOSSL

/// Where the API server is, whom it is asked as, and how its certificate is verified.
///
/// Its text, in logs and mirrors too, never shows a credential.
public struct ClusterAccess: Sendable, Redacted {
    /// The namespace of the service account or the context; `default` where none is said.
    public let namespace: String
    /// The one server that gets requests, and the credential.
    let server: ServerAddress
    /// What the server's certificate has to be signed by; nil for what the system trusts.
    let authorities: [NIOSSLCertificate]?
    /// Who asks.
    let identity: ClusterIdentity

    /// The server.
    public var description: String { server.description }
}
