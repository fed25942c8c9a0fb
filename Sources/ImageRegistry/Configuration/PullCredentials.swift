/// The credentials that come with one request: those of a Pod's pull secrets, as the kubelet has them.
///
/// They are tried before the server's own, and an answer that they brought is given to nobody who does not bring them too.
public struct PullCredentials: Sendable {
    /// What the secrets hold together, in the order of the Pod's `imagePullSecrets`.
    public let secrets: [DockerConfiguration]
    /// Why secrets that the Pod names could not be read, a short text each, safe to show.
    public let unread: [String]

    /// Creates credentials; without arguments, none.
    public init(_ secrets: [DockerConfiguration] = [], unread: [String] = []) {
        self.secrets = secrets
        self.unread = unread
    }
}
