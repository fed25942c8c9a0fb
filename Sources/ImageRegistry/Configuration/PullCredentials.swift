/// The credentials that come with one request: those of a Pod's pull secrets, as the kubelet has them.
///
/// They are tried before the server's own, and an answer that they brought is given to nobody who does not bring them
/// too. They go to the registry that an image names and to no mirror of it.
public struct PullCredentials: Sendable {
    /// How many entries count, and how long a key and a credential may be.
    ///
    /// Who makes a Secret in a namespace decides on them, and the bounds keep that from costing others: one look-up is
    /// many tries otherwise, each of them one at the registry that everybody asks.
    private enum Limit {
        static let entries = 512
        static let key = 512
        static let credential = 16 << 10
        static let tries = 16
    }

    /// What each secret holds, in the order of the Pod's `imagePullSecrets`.
    public let secrets: [DockerConfiguration]
    /// Why secrets that the Pod names could not be read, a short text each, safe to show.
    public let unread: [String]
    /// All secrets as one keyring, as MakeDockerKeyring of Kubernetes has it (pkg/credentialprovider/secrets/secrets.go):
    /// the keys of all sorted backwards, the entries of one key in the order of the secrets.
    private let keyring: DockerConfiguration

    /// Creates credentials; without arguments, none.
    public init(_ secrets: [DockerConfiguration] = [], unread: [String] = []) {
        self.secrets = secrets
        self.unread = unread
        let entries = secrets.flatMap(\.entries).filter {
            $0.key.utf8.count <= Limit.key && $0.credential.length <= Limit.credential
        }
        let sorted = DockerConfiguration(entries: entries).entries
        keyring = DockerConfiguration(entries: Array(sorted.prefix(Limit.entries)))
    }

    /// The credentials to try for a repository such as `docker.io/library/nginx`, in order.
    func credentials(for name: String) -> [Credential] {
        guard !keyring.entries.isEmpty else { return [] }
        return Array(keyring.credentials(for: name).prefix(Limit.tries))
    }
}
