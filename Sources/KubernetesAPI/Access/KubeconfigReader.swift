import Basics
import FoundationEssentials
import JSON
import NIOSSL

/// Reads a kubeconfig.
struct KubeconfigReader {
    let folder: String
    let environment: [String: String]

    /// The way that `context`, or the current one, describes.
    func access(_ value: JSONValue, context: String?) throws(FieldError) -> ClusterAccess {
        let root = try value.asObject()
        let current = try root.text("current-context")
        guard let name = context ?? current else {
            throw FieldError("no context is chosen: set it, or name one", at: [.key("current-context")])
        }
        let context = try root.entry(name, in: "contexts", "context") { object throws(FieldError) in
            (
                cluster: try object.requiredText("cluster"), user: try object.requiredText("user"),
                namespace: try object.text("namespace")
            )
        }
        let cluster = try root.entry(context.cluster, in: "clusters", "cluster") { object throws(FieldError) in
            try self.cluster(object)
        }
        let identity = try root.entry(context.user, in: "users", "user") { object throws(FieldError) in
            try self.identity(object, cluster: cluster)
        }
        return ClusterAccess(
            namespace: context.namespace ?? "default",
            server: cluster.server,
            authorities: cluster.authorities,
            identity: identity
        )
    }
}

extension JSONObject {
    /// The member `key` as a string; nil where it is absent, null or empty, which are the same for Kubernetes.
    func text(_ key: String) throws(FieldError) -> String? {
        let text = try optionalString(key)
        return text?.isEmpty ?? true ? nil : text
    }

    /// The member `key` as a string that is not empty.
    func requiredText(_ key: String) throws(FieldError) -> String {
        guard let text = try text(key) else { throw FieldError("required", at: [.key(key)]) }
        return text
    }

    /// The member `key` as a boolean; false where it is absent or null.
    func flag(_ key: String) throws(FieldError) -> Bool {
        try optional(key) { value throws(FieldError) in try value.asBool() } ?? false
    }

    /// The object `member` of that entry of the list `key` which is called `name`, read by `read`.
    fileprivate func entry<Value>(
        _ name: String,
        in key: String,
        _ member: String,
        _ read: (JSONObject) throws(FieldError) -> Value
    ) throws(FieldError) -> Value {
        let entries = try optional(key) { value throws(FieldError) in
            try value.asArray { entry throws(FieldError) in try entry.asObject() }
        }
        for (index, entry) in (entries ?? []).enumerated() where entry["name"]?.string == name {
            do throws(FieldError) {
                return try entry.required(member) { value throws(FieldError) in try read(try value.asObject()) }
            } catch {
                throw error.under(.index(index)).under(.key(key))
            }
        }
        throw FieldError("there is no entry called \(name.plainText(limit: 256))", at: [.key(key)])
    }
}

extension KubeconfigReader {
    /// A cluster of a kubeconfig.
    struct Cluster {
        let server: ServerAddress
        let authorities: [NIOSSLCertificate]?
        /// What a credential plugin is told of the cluster, if it asks (client.authentication.k8s.io/v1, Cluster).
        let information: JSONValue
    }

    /// Reads an entry of `clusters`.
    private func cluster(_ object: JSONObject) throws(FieldError) -> Cluster {
        if try object.flag("insecure-skip-tls-verify") {
            let words = "the certificate is always verified: set certificate-authority-data instead"
            throw FieldError(words, at: [.key("insecure-skip-tls-verify")])
        }
        if try object.text("proxy-url") != nil {
            throw FieldError("the API server is reached without a proxy, or not at all", at: [.key("proxy-url")])
        }
        let name = try object.text("tls-server-name")
        guard let server = ServerAddress(try object.requiredText("server"), certificateName: name) else {
            throw FieldError("expected https://HOST, with a port and a path where needed", at: [.key("server")])
        }
        let pem = try bytes(object, "certificate-authority")
        var information = JSONObject([.init(key: "server", value: .string(server.description))])
        if let name { information["tls-server-name"] = .string(name) }
        if let pem {
            information["certificate-authority-data"] = .string(Data(pem.bytes).base64EncodedString())
        }
        if let configuration = try pluginConfiguration(object) { information["config"] = configuration }
        return Cluster(
            server: server,
            authorities: try pem.map { pem throws(FieldError) in try authorities(pem.bytes, at: pem.key) },
            information: .object(information)
        )
    }

    private func authorities(_ pem: [UInt8], at key: String) throws(FieldError) -> [NIOSSLCertificate] {
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(pem), !certificates.isEmpty else {
            throw FieldError("holds no certificate in PEM form", at: [.key(key)])
        }
        return certificates
    }

    /// The extension that is meant for the credential plugin.
    private func pluginConfiguration(_ object: JSONObject) throws(FieldError) -> JSONValue? {
        let extensions = try object.optional("extensions") { value throws(FieldError) in
            try value.asArray { entry throws(FieldError) in try entry.asObject() }
        }
        let own = extensions?.first { $0["name"]?.string == "client.authentication.k8s.io/exec" }
        return own?["extension"]
    }
}

extension KubeconfigReader {
    /// Reads an entry of `users`.
    private func identity(_ object: JSONObject, cluster: Cluster) throws(FieldError) -> ClusterIdentity {
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

extension KubeconfigReader {
    /// Reads a user's `exec`.
    private func plugin(_ object: JSONObject, cluster: Cluster) throws(FieldError) -> PluginCommand {
        let version = try object.requiredText("apiVersion")
        guard PluginCommand.versions.contains(version) else {
            throw FieldError("known are \(PluginCommand.versions.joined(separator: ", "))", at: [.key("apiVersion")])
        }
        switch try object.text("interactiveMode") {
        case nil, "Never", "IfAvailable": break
        case "Always":
            throw FieldError("nobody is there to answer: the plugin must do without", at: [.key("interactiveMode")])
        default: throw FieldError("known are Never, IfAvailable, Always", at: [.key("interactiveMode")])
        }
        let command = try object.requiredText("command")
        var variables = environment
        for (name, value) in try variableList(object) { variables[name] = value }
        var spec: JSONObject = JSONObject([.init(key: "interactive", value: false)])
        if try object.flag("provideClusterInfo") { spec["cluster"] = cluster.information }
        let information: JSONValue = ["apiVersion": .string(version), "kind": "ExecCredential", "spec": .object(spec)]
        variables["KUBERNETES_EXEC_INFO"] = information.compactText
        return PluginCommand(
            version: version,
            // A name is looked for in the PATH; a path begins where the kubeconfig is.
            command: command.contains("/") ? path(command) : command,
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

extension KubeconfigReader {
    /// The content of `KEY-data`, or else of the file `KEY`, and which of both it was; nil where there is neither.
    private func bytes(_ object: JSONObject, _ key: String) throws(FieldError) -> (bytes: [UInt8], key: String)? {
        let dataKey = "\(key)-data"
        if let text = try object.text(dataKey) {
            guard let bytes = Base64.decode(text) else { throw FieldError("is no base64", at: [.key(dataKey)]) }
            return (bytes, dataKey)
        }
        guard let file = try object.text(key) else { return nil }
        guard let bytes = try? BoundedFile.bytes(of: path(file), limit: 4 << 20) else {
            throw FieldError("\(path(file)) cannot be read", at: [.key(key)])
        }
        return (bytes, key)
    }

    /// A path as the kubeconfig has it, from the folder that it is in.
    private func path(_ path: String) -> String { path.hasPrefix("/") ? path : "\(folder)/\(path)" }
}
