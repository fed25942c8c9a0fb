public import Basics
import PodAdmission

/// Mirrors, credentials and TLS settings of registries, in the format of k3s's `registries.yaml`.
///
/// The format is documented at <https://docs.k3s.io/installation/private-registry>. What is named here is named by the
/// operator, so that addresses on loopback are allowed for it and for nothing else. Its text never shows a secret.
public struct RegistriesConfiguration: Sendable, Redacted {
    /// What stands in for a registry.
    struct Mirror: Sendable {
        var endpoints: [WebURL] = []
        var rewrites: [RepositoryRewrite] = []
    }

    /// How one host is spoken to.
    struct Host: Sendable {
        var credential: Credential?
        var tls = TLSFiles()
    }

    var mirrors: [String: Mirror] = [:]
    var hosts: [String: Host] = [:]

    /// Creates a configuration that names no registry: every image is asked for at its own, over HTTPS.
    public init() {}

    /// The entry of `configs` for a host, by `host` or `host:port`; the entry `*` where it has none of its own.
    func hostKey(_ origin: Origin) -> String? {
        ownKey(origin) ?? (hosts["*"] == nil ? nil : "*")
    }

    /// The credential that the operator gave for a host by name.
    func credential(for origin: Origin) -> Credential? {
        ownKey(origin).flatMap { hosts[$0]?.credential }
    }

    /// Whether the operator named this host and port, as an endpoint or under `configs`.
    func isConfigured(_ origin: Origin) -> Bool {
        ownKey(origin) != nil
            || mirrors.values.contains { $0.endpoints.contains { $0.origin == origin } }
    }

    /// Where to ask for an image, in order: the mirrors of its registry, else those of `*`, and last the registry
    /// itself, which is left out where it is among the mirrors already (containerd with k3s's settings).
    func endpoints(for image: ImageReference) throws(RegistryFailure) -> [RegistryEndpoint] {
        let host = image.registry == "docker.io" ? "registry-1.docker.io" : image.registry
        guard let home = Origin(host, isSecure: true) else {
            throw RegistryFailure(.badReference, "\(image.registry): no host to connect to")
        }
        let mirror = mirrors[image.registry] ?? mirrors["*"] ?? Mirror()
        var endpoints = try mirror.endpoints.map { url throws(RegistryFailure) in
            // Plain HTTP on port 80 stands for a registry named without a port, as https on 443 does.
            let isHome = url.origin.hostAndPort == home.hostAndPort
            var repository = image.repository
            for rewrite in mirror.rewrites {
                let rewritten = rewrite.applied(to: repository)
                guard rewritten != repository else { continue }
                repository = rewritten
                break
            }
            guard RegistryEndpoint.isRepository(repository) else {
                throw RegistryFailure(.badReference, "\(image.registry): the mirror's rewrite gives no repository")
            }
            return RegistryEndpoint(
                base: url,
                repository: repository,
                namespace: isHome ? nil : image.registry,
                isHome: isHome,
                isConfigured: true
            )
        }
        if !endpoints.contains(where: \.isHome) {
            endpoints.append(
                RegistryEndpoint(
                    base: WebURL(home, target: "/v2"),
                    repository: image.repository,
                    namespace: nil,
                    isHome: true,
                    isConfigured: isConfigured(home)
                )
            )
        }
        return endpoints
    }

    private func ownKey(_ origin: Origin) -> String? {
        var keys = [origin.hostAndPort, "\(origin.host):\(origin.port)"]
        if origin.hostAndPort == "registry-1.docker.io" { keys += ["docker.io", "index.docker.io"] }
        return keys.first { hosts[$0] != nil }
    }

    /// A text for people; it never shows a secret.
    public var description: String {
        "mirrors of \(mirrors.keys.sorted()), settings for \(hosts.keys.sorted())"
    }
}

/// Files for TLS with one host, and whether its certificate is looked at.
struct TLSFiles: Sendable, Hashable {
    var caFile: String?
    var certificateFile: String?
    var keyFile: String?
    var skipsVerification = false
}
