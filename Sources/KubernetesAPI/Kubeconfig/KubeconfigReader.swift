import JSON

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
