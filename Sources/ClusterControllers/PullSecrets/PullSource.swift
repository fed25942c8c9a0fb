import KubernetesAPI

/// An object that contains pull credentials or names the objects that contain them.
enum PullSource: Sendable, Hashable {
    /// A Secret.
    case secret(namespace: String, name: String)
    /// A ServiceAccount, which can name Secrets.
    case serviceAccount(namespace: String, name: String)

    /// The path of the object in the API.
    var path: ObjectPath {
        switch self {
        case .secret(let namespace, let name): ObjectPath(.secrets, namespace: namespace, name: name)
        case .serviceAccount(let namespace, let name): ObjectPath(.serviceAccounts, namespace: namespace, name: name)
        }
    }

    /// The object at the start of a note.
    ///
    /// The namespace is left out, because it is the Pod's and a denial is one line. A name that is not valid is left out
    /// too: the API server calls webhooks before it validates the names in a Pod, so the name can be any text.
    var subject: String {
        let (kind, name) =
            switch self {
            case .secret(_, let name): ("secret", name)
            case .serviceAccount(_, let name): ("service account", name)
            }
        return hasObjectName ? "\(kind) \(name)" : "a \(kind)"
    }

    /// Whether namespace and name are valid, that is DNS subdomains (apimachinery, pkg/util/validation).
    var hasObjectName: Bool { [path.namespace ?? "", path.name].allSatisfy(Self.isSubdomain) }

    private static func isSubdomain(_ text: String) -> Bool {
        let letters = text.utf8
        return (1...253).contains(letters.count)
            && letters.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
                default: byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
                }
            }
            && letters.first != UInt8(ascii: ".") && letters.first != UInt8(ascii: "-")
    }
}
