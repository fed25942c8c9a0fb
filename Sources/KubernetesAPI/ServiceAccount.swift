import FoundationEssentials
import NIOSSL

/// A Pod's way to the API server: its address, the CA that signs it, and the token of the Pod's service account.
///
/// Kubernetes puts all three into every Pod: the address into the environment, the rest into files
/// (https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/).
public struct ServiceAccount: Sendable {
    /// The folder of the files in a Pod.
    public static let standardFolder = "/var/run/secrets/kubernetes.io/serviceaccount"

    /// `https://HOST:PORT`.
    let server: String
    /// What the server's certificate has to be signed by.
    let authorities: [NIOSSLCertificate]
    /// The token's file.
    ///
    /// It is read for each request, since the kubelet renews tokens well before they expire.
    private let tokenFile: String

    /// Reads what Kubernetes gave the Pod.
    ///
    /// - Parameters:
    ///   - environment: with `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`.
    ///   - folder: with `ca.crt` and `token`.
    /// - Throws: ``KubernetesAPIError`` with `notInCluster`.
    public init(
        environment: [String: String],
        folder: String = ServiceAccount.standardFolder
    ) throws(KubernetesAPIError) {
        guard let host = environment["KUBERNETES_SERVICE_HOST"], !host.isEmpty,
            let port = environment["KUBERNETES_SERVICE_PORT"].flatMap({ UInt16($0) })
        else {
            throw KubernetesAPIError(
                .notInCluster,
                "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set: this is no Pod of a cluster"
            )
        }
        server = "https://\(host.contains(":") ? "[\(host)]" : host):\(port)"
        do {
            authorities = try NIOSSLCertificate.fromPEMFile("\(folder)/ca.crt")
        } catch {
            throw KubernetesAPIError(.notInCluster, "\(folder)/ca.crt cannot be read: give the Pod a service account")
        }
        tokenFile = "\(folder)/token"
        _ = try token()
    }

    /// The token as it is now.
    ///
    /// - Throws: ``KubernetesAPIError`` with `notInCluster`.
    func token() throws(KubernetesAPIError) -> String {
        guard let text = try? String(contentsOfFile: tokenFile, encoding: .utf8).trimmed, !text.isEmpty else {
            throw KubernetesAPIError(.notInCluster, "\(tokenFile) cannot be read: give the Pod a service account")
        }
        return text
    }
}

extension String {
    /// Without white space at its ends.
    fileprivate var trimmed: String {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[first...last])
    }
}
