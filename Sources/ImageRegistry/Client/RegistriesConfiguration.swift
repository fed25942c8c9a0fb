public import Basics
public import JSON
import PodAdmission

/// Mirrors, credentials and TLS settings of registries, in the format of k3s's `registries.yaml`.
///
/// The format is documented at <https://docs.k3s.io/installation/private-registry>. Only the hosts in this
/// configuration may have loopback addresses, because the operator names them. The description never contains a secret.
public struct RegistriesConfiguration: Sendable, Redacted {
    /// One entry of `mirrors`.
    private struct Mirror: Sendable {
        var endpoints: [WebURL] = []
        var rewrites: [RepositoryRewrite] = []

        init() {}

        init(reading value: JSONValue) throws(FieldError) {
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

        /// Reads the URL of an endpoint as k3s does: the default scheme is https and the default path is `/v2`.
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

    /// One entry of `configs`.
    private struct Host: Sendable {
        var credential: Credential?
        var tls = TLSFiles()

        init(reading value: JSONValue) throws(FieldError) {
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
            if let token = try object.optionalString("identity_token"), !token.isEmpty {
                return .identity(token: token)
            }
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

    private var mirrors: [String: Mirror] = [:]
    private var hosts: [String: Host] = [:]

    /// An empty configuration: all images are read from their own registries, over HTTPS.
    public init() {}

    /// Reads a `registries.yaml` document.
    ///
    /// Known keys, all optional:
    /// - `mirrors` (object by registry host, or `*`): `endpoint` (list of URLs, tried in order; `http://` means plain
    ///   HTTP; the default path is `/v2`) and `rewrite` (object with regular expressions and replacements).
    /// - `configs` (object by endpoint host, or `*`): `auth` with `username` and `password`, or `auth`, or
    ///   `identity_token`; `tls` with `ca_file`, `cert_file`, `key_file` (paths) and `insecure_skip_verify` (boolean).
    ///
    /// - Throws: ``FieldError`` with the path of an unknown field, an invalid URL or pattern, or an incomplete
    ///   credential. Credentials under `*` are an error too, because any registry that a Pod names would receive them.
    public init(_ value: JSONValue) throws(FieldError) {
        self.init()
        if case .null = value { return }
        let root = try value.asObject()
        try root.refuseUnknown(["mirrors", "configs"])
        mirrors = try Self.entries(of: root, "mirrors") { key, value throws(FieldError) in try Mirror(reading: value) }
        hosts = try Self.entries(of: root, "configs") { key, value throws(FieldError) in
            let host = try Host(reading: value)
            guard key != "*" || host.credential == nil else {
                throw FieldError("not allowed under *: set credentials for the host of a registry", at: [.key("auth")])
            }
            return host
        }
    }

    /// The TLS files of all hosts that have any, by the key under `configs`.
    var tlsFiles: [String: TLSFiles] { hosts.mapValues(\.tls).filter { $0.value != TLSFiles() } }

    /// The key of the entry under `configs` for a host: `host`, `host:port`, or `*` if it has no entry of its own.
    func hostKey(_ origin: Origin) -> String? {
        ownKey(origin) ?? (hosts["*"] == nil ? nil : "*")
    }

    /// The credential under `configs` for a host; the entry `*` does not count.
    func credential(for origin: Origin) -> Credential? {
        ownKey(origin).flatMap { hosts[$0]?.credential }
    }

    /// Whether the operator named this host and port, as an endpoint of a mirror or under `configs`.
    func isConfigured(_ origin: Origin) -> Bool {
        ownKey(origin) != nil
            || mirrors.values.contains { $0.endpoints.contains { $0.origin == origin } }
    }

    /// How far the operator vouches for a host to which another one led, by a redirect or as its token server.
    func trust(_ origin: Origin, from trust: HostTrust) -> HostTrust {
        switch trust {
        case .stranger, .recommended: trust
        case .configured: isConfigured(origin) ? .configured : .recommended
        }
    }

    /// The endpoints for an image, in order, as containerd uses them with the settings of k3s.
    ///
    /// First come the mirrors of its registry, or the mirrors of `*` if it has none. Last comes the registry itself,
    /// unless it is already one of the mirrors.
    ///
    /// - Throws: ``RegistryFailure`` with `bad-reference` if the registry is not a host, or a rewrite does not give a
    ///   repository.
    func endpoints(for image: ImageReference) throws(RegistryFailure) -> [RegistryEndpoint] {
        let host = image.registry == "docker.io" ? "registry-1.docker.io" : image.registry
        guard let home = Origin(host, isSecure: true) else {
            throw RegistryFailure(.badReference, "\(image.registry): not a valid host and port")
        }
        let mirror = mirrors[image.registry] ?? mirrors["*"] ?? Mirror()
        var endpoints = try mirror.endpoints.map { url throws(RegistryFailure) in
            // For a registry without a port, plain HTTP on port 80 is the registry itself, as is https on port 443.
            let isHome = url.origin.hostAndPort == home.hostAndPort
            var repository = image.repository
            for rewrite in mirror.rewrites {
                let rewritten = rewrite.rewrite(repository)
                guard rewritten != repository else { continue }
                repository = rewritten
                break
            }
            guard RegistryEndpoint.isRepository(repository) else {
                throw RegistryFailure(
                    .badReference,
                    "\(image.registry): the rewrite of the mirror gives no valid repository"
                )
            }
            return RegistryEndpoint(
                base: url,
                repository: repository,
                namespace: isHome ? nil : image.registry,
                isHome: isHome,
                trust: .configured
            )
        }
        if !endpoints.contains(where: \.isHome) {
            endpoints.append(
                RegistryEndpoint(
                    base: WebURL(home, target: "/v2"),
                    repository: image.repository,
                    namespace: nil,
                    isHome: true,
                    trust: isConfigured(home) ? .configured : .stranger
                )
            )
        }
        return endpoints
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

    private func ownKey(_ origin: Origin) -> String? {
        var keys = [origin.hostAndPort, "\(origin.host):\(origin.port)"]
        if origin.hostAndPort == "registry-1.docker.io" { keys += ["docker.io", "index.docker.io"] }
        return keys.first { hosts[$0] != nil }
    }

    /// The hosts of the mirrors and of the settings.
    public var description: String {
        "mirrors of \(mirrors.keys.sorted()), settings for \(hosts.keys.sorted())"
    }
}

/// The TLS settings of one host.
struct TLSFiles: Sendable, Hashable {
    /// A PEM file with certificate authorities to trust in addition to the system's.
    var caFile: String?
    /// A PEM file with the client certificate.
    var certificateFile: String?
    /// A PEM file with the key of the client certificate.
    var keyFile: String?
    /// Whether the server's certificate is not verified.
    var skipsVerification = false

    init() {}

    init(reading value: JSONValue) throws(FieldError) {
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
