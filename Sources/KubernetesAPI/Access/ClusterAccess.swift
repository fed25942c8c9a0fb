public import Basics
public import JSON
import NIOSSL

/// The API server's address, the client identity and the CA that the server's certificate needs.
///
/// Descriptions, logs and mirrors show the address and no credential.
public struct ClusterAccess: Sendable, Redacted {
    /// The folder with the service account's files in a Pod.
    public static let standardFolder = "/var/run/secrets/kubernetes.io/serviceaccount"

    /// The namespace of the service account or of the context; `default` if neither is set.
    public let namespace: String
    /// The only server that receives requests and the credential.
    let server: ServerAddress
    /// The CAs that may sign the server's certificate; nil for the CAs that the system trusts.
    let authorities: [NIOSSLCertificate]?
    /// The client identity.
    let identity: ClusterIdentity

    /// The server's address.
    public var description: String { server.description }

    /// Reads the access that Kubernetes gives to every Pod: the server's address, its CA and the service account's token.
    ///
    /// The address is in the environment, the rest is in files
    /// (https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/).
    /// - Parameters:
    ///   - environment: The process's environment, with `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`.
    ///   - folder: The folder with `ca.crt`, `token` and `namespace`.
    /// - Returns: The access; the token is read again for each request.
    /// - Throws: ``KubernetesAPIError`` with `notInCluster` if a variable or a file is missing.
    public static func inCluster(
        environment: [String: String],
        folder: String = standardFolder
    ) throws(KubernetesAPIError) -> ClusterAccess {
        guard let host = environment["KUBERNETES_SERVICE_HOST"], !host.isEmpty,
            let port = environment["KUBERNETES_SERVICE_PORT"].flatMap({ UInt16($0) })
        else {
            throw KubernetesAPIError(
                .notInCluster,
                "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set: run this in a Pod of the cluster"
            )
        }
        guard let authorities = try? NIOSSLCertificate.fromPEMFile("\(folder)/ca.crt"), !authorities.isEmpty else {
            throw unreadable("\(folder)/ca.crt")
        }
        let namespace = ClusterIdentity.text(of: "\(folder)/namespace")
        let token = ClusterIdentity.Token.file(path: "\(folder)/token", missing: unreadable("\(folder)/token"))
        let identity = ClusterIdentity(token: token)
        _ = try identity.currentToken()
        return ClusterAccess(
            namespace: namespace.flatMap { $0.isEmpty ? nil : $0 } ?? "default",
            server: ServerAddress(host: host, port: Int(port)),
            authorities: authorities,
            identity: identity
        )
    }

    private static func unreadable(_ file: String) -> KubernetesAPIError {
        KubernetesAPIError(.notInCluster, "\(file) cannot be read: give the Pod a service account")
    }

    /// Reads the access that a kubeconfig describes (client-go, tools/clientcmd/api/v1/types.go).
    ///
    /// Settings that would weaken the connection are errors and are not ignored: unverified certificates, proxies,
    /// passwords and impersonation.
    /// - Parameters:
    ///   - value: The kubeconfig as JSON, as `kubectl config view --raw -o json` prints it.
    ///   - context: The context; nil for the `current-context`.
    ///   - folder: The folder that relative paths in the kubeconfig start from.
    ///   - environment: The environment of a credential plugin, in addition to the variables in the kubeconfig.
    /// - Returns: The access; token files are read again for each request.
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
