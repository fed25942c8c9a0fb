import KubernetesAPI

/// An object that pull credentials are found by.
enum PullSource: Sendable, Hashable {
    /// A Secret.
    case secret(namespace: String, name: String)
    /// A ServiceAccount, which names Secrets.
    case serviceAccount(namespace: String, name: String)

    /// Where the API server has it.
    var path: ObjectPath {
        switch self {
        case .secret(let namespace, let name): ObjectPath(.secrets, namespace: namespace, name: name)
        case .serviceAccount(let namespace, let name): ObjectPath(.serviceAccounts, namespace: namespace, name: name)
        }
    }

    /// The object at the start of a note.
    ///
    /// Without the namespace, which is the Pod's: a refusal has room for one line. A webhook is asked before the API
    /// server has looked at the names in a Pod, so that they may be any text.
    var subject: String {
        let (kind, name) =
            switch self {
            case .secret(_, let name): ("secret", name)
            case .serviceAccount(_, let name): ("service account", name)
            }
        return hasObjectName ? "\(kind) \(name)" : "a \(kind)"
    }

    /// Whether there can be such an object: both names are DNS subdomains (apimachinery, pkg/util/validation).
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
