import Basics
import JSON

/// The URL of one repository at a registry or at a mirror of it.
struct RegistryEndpoint: Sendable, Hashable {
    /// The URL before the repository, such as `https://ghcr.io/v2`.
    let base: WebURL
    /// The repository at this endpoint, after rewrites.
    let repository: String
    /// The registry that the mirror serves, sent as `?ns=` as containerd does; nil for the registry itself.
    let namespace: String?
    /// Whether this is the registry that the image names; only this one receives the credentials for the image.
    let isHome: Bool
    /// How far the operator vouches for the host.
    var trust: HostTrust

    var origin: Origin { base.origin }

    /// The URL of a manifest, by tag or digest.
    func manifest(_ reference: String) -> WebURL { url("manifests/\(reference)") }

    /// The URL of a blob.
    func blob(_ digest: String) -> WebURL { url("blobs/\(digest)") }

    private func url(_ rest: String) -> WebURL {
        let query = namespace.map { "?ns=\($0.percentEncoded)" } ?? ""
        return WebURL(origin, target: "\(base.target)/\(repository)/\(rest)\(query)")
    }

    /// Whether `text` is a repository name that is safe in a URL.
    static func isRepository(_ text: String) -> Bool {
        guard !text.isEmpty, text.utf8.count <= 255 else { return false }
        return text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            guard let first = part.utf8.first else { return false }
            return (first.isASCIIDigit || first.isASCIILetter)
                && part.utf8.allSatisfy { $0.isASCIIDigit || $0.isASCIILetter || "._-".utf8.contains($0) }
        }
    }
}
