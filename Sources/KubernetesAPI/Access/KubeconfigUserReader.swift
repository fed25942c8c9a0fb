import JSON

/// Reads a user of a kubeconfig, with the settings of its credential plugin.
struct KubeconfigUserReader {
    let files: KubeconfigFiles
    /// The environment of a credential plugin.
    let environment: [String: String]
    /// The description of the cluster for a plugin that asks for it.
    let cluster: JSONValue

    /// Reads an entry of `users`.
    func identity(_ object: JSONObject) throws(FieldError) -> ClusterIdentity {
        try refuseUnsupported(object)
        var identity = ClusterIdentity()
        identity.certificate = try certificate(object)
        if let file = try object.text("tokenFile") {
            // The file takes precedence if both are set (client-go, tools/clientcmd/api/v1/types.go).
            let path = files.path(file)
            let words = "kubeconfig: \(path), the user's tokenFile, cannot be read"
            identity.token = .file(path: path, missing: KubernetesAPIError(.configuration, words))
            do throws(KubernetesAPIError) { _ = try identity.currentToken() } catch {
                throw FieldError("\(path) cannot be read", at: [.key("tokenFile")])
            }
        } else if let token = try object.text("token") {
            identity.token = .text(token)
        }
        identity.plugin = try object.optional("exec") { value throws(FieldError) in
            CredentialPlugin(try plugin(try value.asObject()))
        }
        return identity
    }

    private func refuseUnsupported(_ object: JSONObject) throws(FieldError) {
        let others = [
            ("username", "API servers no longer accept passwords: use a token, a certificate or exec"),
            ("password", "API servers no longer accept passwords: use a token, a certificate or exec"),
            ("auth-provider", "removed in Kubernetes 1.26: use exec"),
            ("as", "impersonation is not supported: use a credential of that user"),
            ("as-uid", "impersonation is not supported: use a credential of that user"),
            ("as-groups", "impersonation is not supported: use a credential of that user"),
            ("as-user-extra", "impersonation is not supported: use a credential of that user"),
        ]
        for (key, reason) in others {
            switch object[key] {
            case nil, .null?, .string("")?: continue
            default: throw FieldError(reason, at: [.key(key)])
            }
        }
    }

    private func certificate(_ object: JSONObject) throws(FieldError) -> ClientCertificate? {
        let chain = try files.bytes(object, "client-certificate")
        let key = try files.bytes(object, "client-key")
        switch (chain, key) {
        case (nil, nil): return nil
        case (nil, _?): throw FieldError("required with client-key", at: [.key("client-certificate")])
        case (_?, nil): throw FieldError("required with client-certificate", at: [.key("client-key")])
        case (let chain?, let key?):
            guard let certificate = ClientCertificate(certificate: chain.bytes, key: key.bytes) else {
                throw FieldError("this or \(key.key) is not in PEM format", at: [.key(chain.key)])
            }
            return certificate
        }
    }

    private func plugin(_ object: JSONObject) throws(FieldError) -> PluginCommand {
        let version = try object.requiredText("apiVersion")
        guard PluginCommand.versions.contains(version) else {
            let words = "expected one of \(PluginCommand.versions.joined(separator: ", "))"
            throw FieldError(words, at: [.key("apiVersion")])
        }
        switch try object.text("interactiveMode") {
        case nil, "Never", "IfAvailable": break
        case "Always":
            let words = "Polypod cannot answer a plugin's questions: use Never or IfAvailable"
            throw FieldError(words, at: [.key("interactiveMode")])
        default: throw FieldError("expected Never, IfAvailable or Always", at: [.key("interactiveMode")])
        }
        let command = try object.requiredText("command")
        var variables = environment
        for (name, value) in try variableList(object) { variables[name] = value }
        var spec: JSONObject = JSONObject([.init(key: "interactive", value: false)])
        if try object.flag("provideClusterInfo") { spec["cluster"] = cluster }
        let information: JSONValue = ["apiVersion": .string(version), "kind": "ExecCredential", "spec": .object(spec)]
        variables["KUBERNETES_EXEC_INFO"] = information.compactText
        return PluginCommand(
            version: version,
            // A name is searched in PATH; a path starts from the kubeconfig's folder.
            command: command.contains("/") ? files.path(command) : command,
            arguments: try object.strings("args"),
            environment: variables,
            hint: try object.text("installHint")?.plainText(limit: 300)
        )
    }

    private func variableList(_ object: JSONObject) throws(FieldError) -> [(String, String)] {
        try object.optional("env") { value throws(FieldError) in
            try value.asArray { entry throws(FieldError) in
                let entry = try entry.asObject()
                return (try entry.requiredText("name"), try entry.optionalString("value") ?? "")
            }
        } ?? []
    }
}
