import Basics
import JSON
import NIOSSL

/// Reads a kubeconfig: the context and its cluster.
struct KubeconfigReader {
    /// A cluster of a kubeconfig.
    struct Cluster {
        let server: ServerAddress
        let authorities: [NIOSSLCertificate]?
        /// The description of the cluster for credential plugins (client.authentication.k8s.io/v1, Cluster).
        let information: JSONValue
    }

    private let files: KubeconfigFiles
    private let environment: [String: String]

    /// - Parameters:
    ///   - folder: The folder that relative paths start from.
    ///   - environment: The environment of a credential plugin.
    init(folder: String, environment: [String: String]) {
        files = KubeconfigFiles(folder: folder)
        self.environment = environment
    }

    /// The access that `context` describes; nil for the current context.
    func access(_ value: JSONValue, context: String?) throws(FieldError) -> ClusterAccess {
        let root = try value.asObject()
        let current = try root.text("current-context")
        guard let name = context ?? current else {
            throw FieldError(
                "no context is chosen: set current-context or name a context",
                at: [.key("current-context")]
            )
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
        let users = KubeconfigUserReader(files: files, environment: environment, cluster: cluster.information)
        let identity = try root.entry(context.user, in: "users", "user") { object throws(FieldError) in
            try users.identity(object)
        }
        return ClusterAccess(
            namespace: context.namespace ?? "default",
            server: cluster.server,
            authorities: cluster.authorities,
            identity: identity
        )
    }

    private func cluster(_ object: JSONObject) throws(FieldError) -> Cluster {
        if try object.flag("insecure-skip-tls-verify") {
            let words = "Polypod always verifies the certificate: set certificate-authority-data instead"
            throw FieldError(words, at: [.key("insecure-skip-tls-verify")])
        }
        if try object.text("proxy-url") != nil {
            throw FieldError("Polypod does not use proxies to reach the API server: remove it", at: [.key("proxy-url")])
        }
        let name = try object.text("tls-server-name")
        guard let server = ServerAddress(try object.requiredText("server"), certificateName: name) else {
            throw FieldError("expected https://HOST, with a port and a path if needed", at: [.key("server")])
        }
        let pem = try files.bytes(object, "certificate-authority")
        var information = JSONObject([.init(key: "server", value: .string(server.description))])
        if let name { information["tls-server-name"] = .string(name) }
        if let pem { information["certificate-authority-data"] = .string(Base64.encode(pem.bytes)) }
        if let configuration = try pluginConfiguration(object) { information["config"] = configuration }
        return Cluster(
            server: server,
            authorities: try pem.map { pem throws(FieldError) in try authorities(pem.bytes, at: pem.key) },
            information: .object(information)
        )
    }

    private func authorities(_ pem: [UInt8], at key: String) throws(FieldError) -> [NIOSSLCertificate] {
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(pem), !certificates.isEmpty else {
            throw FieldError("contains no certificate in PEM format", at: [.key(key)])
        }
        return certificates
    }

    /// The cluster's extension for the credential plugin (client.authentication.k8s.io/v1, Cluster.config).
    private func pluginConfiguration(_ object: JSONObject) throws(FieldError) -> JSONValue? {
        let extensions = try object.optional("extensions") { value throws(FieldError) in
            try value.asArray { entry throws(FieldError) in try entry.asObject() }
        }
        let own = extensions?.first { $0["name"]?.string == "client.authentication.k8s.io/exec" }
        return own?["extension"]
    }
}

/// Reads the files that a kubeconfig names.
struct KubeconfigFiles {
    /// The folder that relative paths start from.
    let folder: String

    /// The content of `KEY-data` or else of the file `KEY`, and the key that was used; nil if neither is set.
    func bytes(_ object: JSONObject, _ key: String) throws(FieldError) -> (bytes: [UInt8], key: String)? {
        let dataKey = "\(key)-data"
        if let text = try object.text(dataKey) {
            guard let bytes = Base64.decode(text) else { throw FieldError("is not Base64", at: [.key(dataKey)]) }
            return (bytes, dataKey)
        }
        guard let file = try object.text(key) else { return nil }
        guard let bytes = try? BoundedFile.bytes(of: path(file), limit: 4 << 20) else {
            throw FieldError("\(path(file)) cannot be read", at: [.key(key)])
        }
        return (bytes, key)
    }

    /// The path of a file that the kubeconfig names.
    func path(_ path: String) -> String { path.hasPrefix("/") ? path : "\(folder)/\(path)" }
}

extension JSONObject {
    /// The member `key` as a string; nil if it is absent, null or empty, because Kubernetes treats these alike.
    func text(_ key: String) throws(FieldError) -> String? {
        let text = try optionalString(key)
        return text?.isEmpty ?? true ? nil : text
    }

    /// The member `key` as a string that is not empty.
    func requiredText(_ key: String) throws(FieldError) -> String {
        guard let text = try text(key) else { throw FieldError("required", at: [.key(key)]) }
        return text
    }

    /// The member `key` as a boolean; false if it is absent or null.
    func flag(_ key: String) throws(FieldError) -> Bool {
        try optional(key) { value throws(FieldError) in try value.asBool() } ?? false
    }

    /// Reads the object `member` of the entry `name` in the list `key`.
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
        throw FieldError("no entry has the name \(name.plainText(limit: 256))", at: [.key(key)])
    }
}
