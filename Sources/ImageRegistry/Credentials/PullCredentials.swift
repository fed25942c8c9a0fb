import JSON
import PodAdmission

/// The credentials of the pull secrets of one Pod.
///
/// They are tried before the server's own credentials. An answer that was found with them is given only to callers that
/// have the same credentials. They are sent to the registry that the image names, and never to a mirror of it.
public struct PullCredentials: Sendable {
    /// Limits for the entries of secrets.
    ///
    /// Every user who may create a Secret in a namespace controls these entries. Without limits one look-up could make
    /// very many requests to a registry that all users share.
    private enum Limit {
        /// The number of entries in all secrets.
        static let entries = 512
        /// The length of a key, in bytes.
        static let key = 512
        /// The length of a credential, in bytes.
        static let credential = 16 << 10
        /// The number of credentials that are tried for one image.
        static let tries = 16
        /// The number of ``unread`` notes in an answer.
        static let notes = 3
        /// The length of a note, in characters.
        static let note = 120
    }

    /// The content of each secret, in the order of the Pod's `imagePullSecrets`.
    public let secrets: [DockerConfiguration]
    /// The reason for each secret that could not be read, a short text without secrets.
    public let unread: [String]
    /// How to make the unread secrets readable; nil if that is not known.
    public let remedy: String?
    /// All secrets as one keyring: entries sorted by key, descending; equal keys in the order of the secrets.
    ///
    /// This is the order of MakeDockerKeyring in Kubernetes (pkg/credentialprovider/secrets/secrets.go).
    private let keyring: DockerConfiguration

    /// Builds the keyring of some secrets; by default it is empty.
    ///
    /// Of all entries, 512 are used; entries with a key over 512 bytes or a credential over 16 KiB are ignored.
    ///
    /// - Parameters:
    ///   - secrets: The content of each secret.
    ///   - unread: The reason for each secret that could not be read.
    ///   - remedy: How to make them readable.
    public init(_ secrets: [DockerConfiguration] = [], unread: [String] = [], remedy: String? = nil) {
        self.secrets = secrets
        self.unread = unread
        self.remedy = remedy
        let entries = secrets.flatMap(\.entries).filter {
            $0.key.utf8.count <= Limit.key && $0.credential.length <= Limit.credential
        }
        let sorted = DockerConfiguration(entries: entries).entries
        keyring = DockerConfiguration(entries: Array(sorted.prefix(Limit.entries)))
    }

    /// The credentials to try for a repository such as `docker.io/library/nginx`, in order; at most 16.
    func credentials(for name: String) -> [Credential] {
        guard !keyring.entries.isEmpty else { return [] }
        return Array(keyring.credentials(for: name).prefix(Limit.tries))
    }

    /// The answer with the ``unread`` notes, if an unread secret can be the reason for the failure.
    ///
    /// The cache shares failures between callers with the same credentials, but unread secrets belong to one call.
    /// Therefore the notes are added here and never cached.
    func explain(_ answer: ImageAnswer) -> ImageAnswer {
        guard !unread.isEmpty, case .unresolved(var reason) = answer,
            reason.code == .unauthorized || reason.code == .notFound
        else { return answer }
        let notes = unread.prefix(Limit.notes).map { $0.plainText(limit: Limit.note) }
        reason.detail += "; " + notes.joined(separator: "; ")
        reason.remedy = remedy ?? reason.remedy
        return .unresolved(reason)
    }
}
