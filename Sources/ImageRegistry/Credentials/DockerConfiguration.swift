public import Basics
public import JSON
import PodAdmission

/// The credentials of a Docker `config.json`, matched to images as the kubelet matches them.
///
/// The rules are those of `pkg/credentialprovider` of Kubernetes (config.go, keyring.go). If a node can pull an image
/// with a configuration, Polypod can read the image with it. The description never contains a secret.
public struct DockerConfiguration: Sendable, Redacted {
    /// One entry of `auths`.
    struct Entry: Sendable {
        /// The host with the path, without scheme; labels of the host can be globs.
        var key: String
        var credential: Credential
    }

    private static let modernType = "kubernetes.io/dockerconfigjson"
    private static let oldType = "kubernetes.io/dockercfg"

    /// The entries in the order of use: by key, descending, so that longer paths come first.
    let entries: [Entry]

    /// An empty configuration, which sends all requests anonymously.
    public init() {
        entries = []
    }

    /// Reads a `config.json`, or a `.dockercfg`, which has no `auths`.
    ///
    /// Known keys, all optional:
    /// - `auths` (object by registry): `username` and `password` (strings), or `auth` (base64 of `user:password`).
    ///   If both are set, `auth` is used.
    /// - All other keys are ignored, as the kubelet ignores them, including `identitytoken`, `registrytoken`,
    ///   `credsStore` and `credHelpers`.
    ///
    /// The key of a Google service account is the password of the user `_json_key`. The secret of an Azure service
    /// principal is the password of the user with the principal's ID. Both are ordinary entries here.
    ///
    /// - Throws: ``FieldError`` with the path of a value that has the wrong type or is not base64.
    public init(_ value: JSONValue) throws(FieldError) {
        let root = try value.asObject()
        try self.init(root, isModern: root["auths"] != nil)
    }

    /// Reads a Kubernetes `Secret` of type `kubernetes.io/dockerconfigjson` or `kubernetes.io/dockercfg`.
    ///
    /// The kubelet pulls with these two types (pkg/credentialprovider/secrets/secrets.go).
    ///
    /// - Throws: ``FieldError`` for another type, and for data that does not match the type. The error names the field
    ///   of the Secret and contains nothing of its data.
    public init(secret: JSONValue) throws(FieldError) {
        let object = try secret.asObject()
        let type = try object.optionalString("type")
        guard type == Self.modernType || type == Self.oldType else {
            throw FieldError("expected \(Self.modernType) or \(Self.oldType)", at: [.key("type")])
        }
        let isModern = type == Self.modernType
        let key = isModern ? ".dockerconfigjson" : ".dockercfg"
        func fault(_ reason: String) -> FieldError { FieldError(reason, at: [.key("data"), .key(key)]) }
        guard let text = object["data"]?[key]?.string, !text.isEmpty else { throw fault("required, as base64") }
        guard let bytes = Base64.decode(text) else { throw fault("expected base64") }
        // The errors of the readers below contain keys of the data, so they are replaced.
        guard let root = try? JSONParser.parse(bytes).object else { throw fault("expected a JSON object") }
        do throws(FieldError) { try self.init(root, isModern: isModern) } catch {
            throw fault("expected registries with a user name and a password, or auth, each")
        }
    }

    /// Reads the document.
    ///
    /// - Parameters:
    ///   - root: The document.
    ///   - isModern: Whether the entries are under `auths`.
    /// - Throws: ``FieldError`` with the path of a value that has the wrong type or is not base64.
    private init(_ root: JSONObject, isModern: Bool) throws(FieldError) {
        let auths = try isModern ? root.optionalObject("auths") ?? JSONObject() : root
        var found: [Entry] = []
        for member in auths.members {
            do throws(FieldError) {
                // In a .dockercfg, members that are not objects are settings of Docker itself.
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

    /// Sorts the entries by key, descending; entries with the same key keep their order.
    init(entries: [Entry]) {
        self.entries = entries.sorted { $0.key > $1.key }
    }

    /// The credentials to try for a repository such as `docker.io/library/nginx`, in order.
    ///
    /// An anonymous request is made only if the list is empty.
    func credentials(for name: String) -> [Credential] {
        let matching = entries.filter { Self.matches(name, key: $0.key) }
        if !matching.isEmpty { return matching.map(\.credential) }
        guard name.hasPrefix("docker.io/") || name.hasPrefix("localhost/") else { return [] }
        return entries.filter { $0.key == "index.docker.io" }.map(\.credential)
    }

    /// The key under which the kubelet keeps an entry: host and path, without the scheme and the API version.
    private static func key(for location: String) -> String? {
        var rest = Substring(location)
        if let scheme = rest.firstRange(of: "://") {
            guard ["https", "http"].contains(String(rest[..<scheme.lowerBound])) else { return nil }
            rest = rest[scheme.upperBound...]
        }
        rest = rest.prefix { $0 != "?" && $0 != "#" }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        // The text before the host can contain a user name and a password, so it is removed.
        let host = rest[..<slash].split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        guard !host.isEmpty else { return nil }
        var path = rest[slash...]
        if path.hasPrefix("/v1/") || path.hasPrefix("/v2/") { path = path.dropFirst(3) }
        return path.isEmpty || path == "/" ? String(host) : String(host + path)
    }

    /// Whether the key of an entry matches the repository `name`.
    ///
    /// The ports must be equal. The hosts must have the same number of labels, and each label of the key is a glob. The
    /// path of the key is a plain prefix: `/foo` also matches `/foobar`.
    private static func matches(_ name: String, key: String) -> Bool {
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

    /// The keys of the entries, without their credentials.
    public var description: String { "credentials for \(entries.map(\.key).joined(separator: ", "))" }
}

extension FieldError {
    fileprivate func under(path key: String?) -> FieldError { key.map { under(.key($0)) } ?? self }
}
