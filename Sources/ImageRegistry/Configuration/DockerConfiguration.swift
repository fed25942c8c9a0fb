public import Basics
public import JSON
import PodAdmission

/// Credentials from Docker's `config.json`, found for an image exactly as the kubelet finds them.
///
/// The rules are those of `pkg/credentialprovider` of Kubernetes (config.go, keyring.go), so that an image which a node
/// can pull is one that is found here. Its text never shows a secret.
public struct DockerConfiguration: Sendable, Redacted {
    struct Entry: Sendable {
        var key: String
        var credential: Credential
    }

    /// The entries in the order they are tried: the keys sorted backwards, so that longer paths come first.
    let entries: [Entry]

    /// Creates a configuration without credentials.
    public init() {
        entries = []
    }

    /// Reads a `config.json`, or the older `.dockercfg` without `auths`.
    ///
    /// Known keys, all optional:
    /// - `auths` (object by registry): `username` and `password` (strings), or `auth` (base64 of `user:password`);
    ///   `auth` counts where both are there.
    /// - anything else, among it `identitytoken`, `registrytoken`, `credsStore` and `credHelpers`, is passed over, as
    ///   the kubelet does.
    ///
    /// A service account's key for Google's registries is the password of the user `_json_key`, a service principal's
    /// secret for Azure's the password of its id: both stand here like any other.
    ///
    /// - Throws: ``FieldError`` with the path of a value that has the wrong kind or is no base64.
    public init(_ value: JSONValue) throws(FieldError) {
        let root = try value.asObject()
        try self.init(root, isModern: root["auths"] != nil)
    }

    /// Reads the document in the form that is known beforehand.
    init(_ root: JSONObject, isModern: Bool) throws(FieldError) {
        let auths = try isModern ? root.optionalObject("auths") ?? JSONObject() : root
        var found: [Entry] = []
        for member in auths.members {
            do throws(FieldError) {
                // In the older form, members that are no objects are settings of Docker itself.
                guard isModern || member.value.object != nil else { continue }
                guard let credential = try Self.credential(member.value.asObject()),
                    let key = Self.key(for: member.key)
                else { continue }
                found.append(Entry(key: key, credential: credential))
            } catch {
                throw error.under(.key(member.key)).under(path: isModern ? "auths" : nil)
            }
        }
        self.init(entries: found)
    }

    /// Creates a configuration of `entries`; those of the same key stay in their order, for the sort is stable.
    init(entries: [Entry]) {
        self.entries = entries.sorted { $0.key > $1.key }
    }

    /// The credentials to try for a repository such as `docker.io/library/nginx`, in order; where there are none, and
    /// only then, it is asked anonymously.
    func credentials(for name: String) -> [Credential] {
        let matching = entries.filter { Self.matches(name, key: $0.key) }
        if !matching.isEmpty { return matching.map(\.credential) }
        guard name.hasPrefix("docker.io/") || name.hasPrefix("localhost/") else { return [] }
        return entries.filter { $0.key == "index.docker.io" }.map(\.credential)
    }

    /// The key under which the kubelet keeps an entry: host and path without the scheme and the version.
    static func key(for location: String) -> String? {
        var rest = Substring(location)
        if let scheme = rest.firstRange(of: "://") {
            guard ["https", "http"].contains(String(rest[..<scheme.lowerBound])) else { return nil }
            rest = rest[scheme.upperBound...]
        }
        rest = rest.prefix { $0 != "?" && $0 != "#" }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        // A user in front of the host is no part of it, and may come with a password.
        let host = rest[..<slash].split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        guard !host.isEmpty else { return nil }
        var path = rest[slash...]
        if path.hasPrefix("/v1/") || path.hasPrefix("/v2/") { path = path.dropFirst(3) }
        return path.isEmpty || path == "/" ? String(host) : String(host + path)
    }

    /// Whether an entry's key is for the repository `name`: the port equal, as many labels in the host, each a glob,
    /// and the key's path a plain prefix (`/foo` is one of `/foobar` too).
    static func matches(_ name: String, key: String) -> Bool {
        let (keyHost, keyPort, keyPath) = split(key)
        let (host, port, path) = split(name)
        guard keyPort == port, path.hasPrefix(keyPath) else { return false }
        let patterns = keyHost.split(separator: ".", omittingEmptySubsequences: false)
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        return patterns.count == labels.count && zip(labels, patterns).allSatisfy { Glob.matches($0, pattern: $1) }
    }

    private static func split(_ text: String) -> (host: Substring, port: Substring, path: Substring) {
        let slash = text.firstIndex(of: "/") ?? text.endIndex
        let origin = text[..<slash]
        guard let colon = origin.lastIndex(of: ":"), !origin[colon...].contains("]") else {
            return (origin, "", text[slash...])
        }
        return (origin[..<colon], origin[origin.index(after: colon)...], text[slash...])
    }

    private static func credential(_ entry: JSONObject) throws(FieldError) -> Credential? {
        if let auth = try entry.optionalString("auth"), !auth.isEmpty {
            guard let credential = Credential(auth: auth) else {
                throw FieldError("not base64 of user:password", at: [.key("auth")])
            }
            return credential
        }
        let username = try entry.optionalString("username") ?? ""
        let password = try entry.optionalString("password") ?? ""
        return username.isEmpty && password.isEmpty ? nil : .basic(username: username, password: password)
    }

    /// A text for people; it never shows a secret.
    public var description: String { "credentials for \(entries.map(\.key).joined(separator: ", "))" }
}

extension FieldError {
    fileprivate func under(path key: String?) -> FieldError { key.map { under(.key($0)) } ?? self }
}
