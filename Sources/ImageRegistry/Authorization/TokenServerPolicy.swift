/// Where a registry may send the client for a token, and with what.
///
/// A registry names its token server freely, so that one that is not honest could name another's and be given what
/// belongs to it, or name its own and be given the credentials of a registry that it stands in for.
struct TokenServerPolicy: Sendable {
    /// Token servers on another host than their registry that are known to belong to it.
    private static let known = [
        "registry-1.docker.io": "auth.docker.io",
        "registry.gitlab.com": "gitlab.com",
        "registry.digitalocean.com": "api.digitalocean.com",
    ]

    /// Hosts that the operator allows to be given any registry's credentials, such as a GitLab of one's own.
    var allowedHosts: Set<String> = []

    /// Whether the realm may be asked at all: never over plain HTTP where the registry itself is spoken to over https.
    func mayAsk(_ realm: Origin, for registry: Origin) -> Bool {
        realm.isSecure || !registry.isSecure
    }

    /// Whether the realm may be given the registry's credentials; otherwise it is asked anonymously.
    func mayHaveCredentials(_ realm: Origin, of registry: Origin) -> Bool {
        guard realm.isSecure else {
            return !registry.isSecure && realm.host == registry.host && realm.port == registry.port
        }
        return realm.host == registry.host || Self.known[registry.host] == realm.host
            || allowedHosts.contains(realm.host)
    }
}
