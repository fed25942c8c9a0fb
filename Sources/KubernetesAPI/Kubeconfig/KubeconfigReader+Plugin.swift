import JSON

extension KubeconfigReader {
    /// Reads a user's `exec`.
    func plugin(_ object: JSONObject, cluster: Cluster) throws(FieldError) -> PluginCommand {
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
