public import JSON
import PodAdmission

extension RegistriesConfiguration {
    /// Reads the document.
    ///
    /// Known keys, all optional:
    /// - `mirrors` (object by registry's host, or `*`): `endpoint` (list of URLs, tried in order; `http://` means plain
    ///   HTTP; without a path it is `/v2`) and `rewrite` (object of regular expression to replacement).
    /// - `configs` (object by endpoint's host, or `*`): `auth` with `username` and `password`, or `auth`, or
    ///   `identity_token`; `tls` with `ca_file`, `cert_file`, `key_file` (paths) and `insecure_skip_verify` (boolean).
    ///
    /// - Throws: ``FieldError`` with its path for an unknown field, a bad URL or pattern, or an incomplete credential;
    ///   also for credentials under `*`, since they would go to whatever registry a Pod names.
    public init(_ value: JSONValue) throws(FieldError) {
        self.init()
        if case .null = value { return }
        let root = try value.asObject()
        try root.refuseUnknown(["mirrors", "configs"])
        mirrors = try Self.entries(of: root, "mirrors") { key, value throws(FieldError) in try Mirror(reading: value) }
        hosts = try Self.entries(of: root, "configs") { key, value throws(FieldError) in
            let host = try Host(reading: value)
            guard key != "*" || host.credential == nil else {
                throw FieldError("credentials for every registry: name the registry instead", at: [.key("auth")])
            }
            return host
        }
    }

    private static func entries<Value>(
        of root: JSONObject,
        _ name: String,
        read: (String, JSONValue) throws(FieldError) -> Value
    ) throws(FieldError) -> [String: Value] {
        var entries: [String: Value] = [:]
        for member in try root.optionalObject(name)?.members ?? [] {
            do throws(FieldError) {
                guard member.key == "*" || Origin(member.key, isSecure: true) != nil else {
                    throw FieldError("not a registry's host, host:port or *")
                }
                entries[member.key.lowercased()] = try read(member.key, member.value)
            } catch {
                throw error.under(.key(member.key)).under(.key(name))
            }
        }
        return entries
    }
}

extension RegistriesConfiguration.Mirror {
    fileprivate init(reading value: JSONValue) throws(FieldError) {
        if case .null = value { return }
        let object = try value.asObject()
        try object.refuseUnknown(["endpoint", "rewrite"])
        endpoints =
            try object.optional("endpoint") { value throws(FieldError) in
                try value.asArray { value throws(FieldError) in try Self.endpoint(value.asString()) }
            } ?? []
        rewrites =
            try object.optional("rewrite") { value throws(FieldError) in
                var rewrites: [RepositoryRewrite] = []
                for member in try value.asObject().members {
                    let replacement: String
                    do throws(FieldError) { replacement = try member.value.asString() } catch {
                        throw error.under(.key(member.key))
                    }
                    rewrites.append(try RepositoryRewrite(pattern: member.key, replacement: replacement))
                }
                return rewrites
            } ?? []
    }

    /// k3s takes an endpoint without a scheme as https, and one without a path as `/v2`; any other path is the base.
    private static func endpoint(_ text: String) throws(FieldError) -> WebURL {
        guard let url = WebURL(text.contains("://") ? text : "https://\(text)"), !url.target.contains("?") else {
            throw FieldError("not an http or https URL of host, port and path")
        }
        var path = url.target
        while path.hasSuffix("/") { path.removeLast() }
        guard !path.split(separator: "/").contains("..") else { throw FieldError("a path with ..") }
        return WebURL(url.origin, target: path.isEmpty ? "/v2" : path)
    }
}

extension RegistriesConfiguration.Host {
    fileprivate init(reading value: JSONValue) throws(FieldError) {
        if case .null = value { return }
        let object = try value.asObject()
        try object.refuseUnknown(["auth", "tls"])
        credential =
            try object.optional("auth") { value throws(FieldError) in try Self.credential(value.asObject()) }
            ?? nil
        tls = try object.optional("tls") { value throws(FieldError) in try TLSFiles(reading: value) } ?? TLSFiles()
    }

    private static func credential(_ object: JSONObject) throws(FieldError) -> Credential? {
        try object.refuseUnknown(["username", "password", "auth", "identity_token"])
        if let token = try object.optionalString("identity_token"), !token.isEmpty { return .identity(token: token) }
        if let auth = try object.optionalString("auth"), !auth.isEmpty {
            guard let credential = Credential(auth: auth) else {
                throw FieldError("not base64 of user:password", at: [.key("auth")])
            }
            return credential
        }
        let username = try object.optionalString("username") ?? ""
        let password = try object.optionalString("password") ?? ""
        guard username.isEmpty == password.isEmpty else {
            throw FieldError("required", at: [.key(username.isEmpty ? "username" : "password")])
        }
        return username.isEmpty ? nil : .basic(username: username, password: password)
    }
}

extension TLSFiles {
    fileprivate init(reading value: JSONValue) throws(FieldError) {
        let object = try value.asObject()
        try object.refuseUnknown(["ca_file", "cert_file", "key_file", "insecure_skip_verify"])
        caFile = try object.optionalString("ca_file").flatMap { $0.isEmpty ? nil : $0 }
        certificateFile = try object.optionalString("cert_file").flatMap { $0.isEmpty ? nil : $0 }
        keyFile = try object.optionalString("key_file").flatMap { $0.isEmpty ? nil : $0 }
        guard (certificateFile == nil) == (keyFile == nil) else {
            throw FieldError("required", at: [.key(keyFile == nil ? "key_file" : "cert_file")])
        }
        skipsVerification =
            try object.optional("insecure_skip_verify") { value throws(FieldError) in
                try value.asBool()
            } ?? false
    }
}
