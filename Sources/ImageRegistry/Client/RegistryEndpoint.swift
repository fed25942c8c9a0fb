import Basics
import JSON

/// One place to ask for one image: a registry or a mirror of it.
struct RegistryEndpoint: Sendable, Hashable {
    /// The URL that the repository follows, such as `https://ghcr.io/v2`.
    let base: WebURL
    /// The repository as this endpoint knows it, after rewrites.
    let repository: String
    /// The registry that a mirror stands in for, sent as `?ns=` as containerd does; nil for the registry itself.
    let namespace: String?
    /// Whether it is the registry that the image names: the only one that gets the credentials found for the image.
    let isHome: Bool
    /// Whether the operator named it, so that it may be on loopback.
    let isConfigured: Bool

    var origin: Origin { base.origin }

    /// The URL of a manifest, by tag or digest.
    func manifest(_ reference: String) -> WebURL { url("manifests/\(reference)") }

    /// The URL of a blob.
    func blob(_ digest: String) -> WebURL { url("blobs/\(digest)") }

    private func url(_ rest: String) -> WebURL {
        let query = namespace.map { "?ns=\($0.percentEncoded)" } ?? ""
        return WebURL(origin, target: "\(base.target)/\(repository)/\(rest)\(query)")
    }

    /// Whether `text` may stand in a URL as a repository.
    static func isRepository(_ text: String) -> Bool {
        guard !text.isEmpty, text.utf8.count <= 255 else { return false }
        return text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            guard let first = part.utf8.first else { return false }
            return (first.isASCIIDigit || first.isASCIILetter)
                && part.utf8.allSatisfy { $0.isASCIIDigit || $0.isASCIILetter || "._-".utf8.contains($0) }
        }
    }
}
