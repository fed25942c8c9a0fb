import NIOSSL

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
