public import Basics
public import JSON
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

extension ClusterAccess {
    /// The folder of a service account's files in a Pod.
    public static let standardFolder = "/var/run/secrets/kubernetes.io/serviceaccount"

    /// A Pod's way to the API server: its address, the CA that signs it, and the token of the Pod's service account.
    ///
    /// Kubernetes puts them into every Pod: the address into the environment, the rest into files
    /// (https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/).
    /// - Parameters:
    ///   - environment: with `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`.
    ///   - folder: with `ca.crt`, `token` and `namespace`.
    /// - Throws: ``KubernetesAPIError`` with `notInCluster`.
    public static func inCluster(
        environment: [String: String],
        folder: String = standardFolder
    ) throws(KubernetesAPIError) -> ClusterAccess {
        guard let host = environment["KUBERNETES_SERVICE_HOST"], !host.isEmpty,
            let port = environment["KUBERNETES_SERVICE_PORT"].flatMap({ UInt16($0) })
        else {
            throw KubernetesAPIError(
                .notInCluster,
                "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set: this is no Pod of a cluster"
            )
        }
        guard let authorities = try? NIOSSLCertificate.fromPEMFile("\(folder)/ca.crt"), !authorities.isEmpty else {
            throw missing("\(folder)/ca.crt")
        }
        let namespace = ClusterIdentity.text(of: "\(folder)/namespace")
        let token = ClusterIdentity.Token.file(path: "\(folder)/token", missing: missing("\(folder)/token"))
        let identity = ClusterIdentity(token: token)
        _ = try identity.fileToken()
        return ClusterAccess(
            namespace: namespace.flatMap { $0.isEmpty ? nil : $0 } ?? "default",
            server: ServerAddress(host: host, port: Int(port)),
            authorities: authorities,
            identity: identity
        )
    }

    private static func missing(_ file: String) -> KubernetesAPIError {
        KubernetesAPIError(.notInCluster, "\(file) cannot be read: give the Pod a service account")
    }
}

extension ClusterAccess {
    /// The way that a kubeconfig describes (clientcmd, api/v1/types.go).
    ///
    /// What would weaken the connection is refused and not passed over: certificates that are not verified, proxies,
    /// passwords, and acting as somebody else.
    /// - Parameters:
    ///   - value: the kubeconfig as JSON, as `kubectl config view --raw -o json` prints it.
    ///   - context: the context; nil for the `current-context`.
    ///   - folder: where relative paths in it begin.
    ///   - environment: what a credential plugin gets beside its own variables.
    /// - Throws: ``KubernetesAPIError`` with `configuration` and the path to the field.
    public static func kubeconfig(
        _ value: JSONValue,
        context: String? = nil,
        folder: String,
        environment: [String: String]
    ) throws(KubernetesAPIError) -> ClusterAccess {
        let reader = KubeconfigReader(folder: folder, environment: environment)
        do throws(FieldError) { return try reader.access(value, context: context) } catch {
            throw KubernetesAPIError(.configuration, "kubeconfig: \(error)")
        }
    }
}
