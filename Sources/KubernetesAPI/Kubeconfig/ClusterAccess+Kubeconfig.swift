public import JSON

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
