import JSON

extension KubeconfigReader {
    /// Reads an entry of `users`.
    func identity(_ object: JSONObject, cluster: Cluster) throws(FieldError) -> ClusterIdentity {
        try refuse(object)
        var identity = ClusterIdentity()
        identity.certificate = try certificate(object)
        if let file = try object.text("tokenFile") {
            // The file counts where both are set (clientcmd, api/v1/types.go).
            let words = "kubeconfig: \(path(file)), the user's tokenFile, cannot be read"
            identity.token = .file(path: path(file), missing: KubernetesAPIError(.configuration, words))
            do throws(KubernetesAPIError) { _ = try identity.fileToken() } catch {
                throw FieldError("\(path(file)) cannot be read", at: [.key("tokenFile")])
            }
        } else if let token = try object.text("token") {
            identity.token = .text(token)
        }
        identity.plugin = try object.optional("exec") { value throws(FieldError) in
            CredentialPlugin(try self.plugin(try value.asObject(), cluster: cluster))
        }
        return identity
    }

    private func refuse(_ object: JSONObject) throws(FieldError) {
        let others = [
            ("username", "no API server takes passwords any more: use a token, a certificate or exec"),
            ("password", "no API server takes passwords any more: use a token, a certificate or exec"),
            ("auth-provider", "is gone since Kubernetes 1.26: use exec"),
            ("as", "acting as another user is not supported: use a credential of its own"),
            ("as-uid", "acting as another user is not supported: use a credential of its own"),
            ("as-groups", "acting as another user is not supported: use a credential of its own"),
            ("as-user-extra", "acting as another user is not supported: use a credential of its own"),
        ]
        for (key, reason) in others {
            switch object[key] {
            case nil, .null?, .string("")?: continue
            default: throw FieldError(reason, at: [.key(key)])
            }
        }
    }

    private func certificate(_ object: JSONObject) throws(FieldError) -> ClientCertificate? {
        let chain = try bytes(object, "client-certificate")
        let key = try bytes(object, "client-key")
        switch (chain, key) {
        case (nil, nil): return nil
        case (nil, _?): throw FieldError("required beside client-key", at: [.key("client-certificate")])
        case (_?, nil): throw FieldError("required beside client-certificate", at: [.key("client-key")])
        case (let chain?, let key?):
            guard let certificate = ClientCertificate(certificate: chain.bytes, key: key.bytes) else {
                throw FieldError("is not PEM, or \(key.key) is not", at: [.key(chain.key)])
            }
            return certificate
        }
    }
}
