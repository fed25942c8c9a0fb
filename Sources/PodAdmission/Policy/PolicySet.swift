public import JSON

/// The policies in force, from which each Pod gets the one that decides.
public struct PolicySet: Sendable, Equatable {
    /// The policies, the one that is asked first at the front.
    public let policies: [WasmPolicy]

    /// Creates a set; policies of the same precedence are asked in the order of their names.
    public init(_ policies: [WasmPolicy] = []) {
        self.policies = policies.sorted {
            ($0.matchingPrecedence, $0.name ?? "") < ($1.matchingPrecedence, $1.name ?? "")
        }
    }

    /// Reads the policies of one document: one object, a list of them, or a `List` with `items`.
    public init(reading value: JSONValue) throws(FieldError) {
        let read = { (value: JSONValue) throws(FieldError) in try WasmPolicy(reading: value) }
        if case .array = value {
            self.init(try value.asArray(of: read))
        } else if let object = value.object, let kind = object["kind"]?.string, kind.hasSuffix("List") {
            self.init(try object.required("items") { value throws(FieldError) in try value.asArray(of: read) })
        } else {
            self.init([try read(value)])
        }
    }

    /// The policy for a Pod: the first that matches, whole, else the built-in one.
    ///
    /// - Parameters:
    ///   - pod: The Pod; its labels are matched.
    ///   - namespace: The request's namespace, which every namespace also has as label `kubernetes.io/metadata.name`.
    ///   - labels: The namespace's labels; nil where nobody knows them, as for a server that asks no cluster.
    public func policy(for pod: Pod, namespace: String, labels: [String: String]? = nil) -> WasmPolicy {
        let namespaceLabels = LabelSelector.labels(ofNamespace: namespace, known: labels)
        return policies.first {
            $0.namespaceSelector.matches(namespaceLabels) && $0.podSelector.matches(pod.metadata.labels)
        } ?? WasmPolicy()
    }

    /// Whether a policy asks for more of a namespace than its name.
    public var asksForNamespaceLabels: Bool { policies.contains { $0.askedNamespaceLabel != nil } }

    /// Refuses policies that ask for more of a namespace than its name, where nobody knows more of it.
    ///
    /// Such a policy would silently never match.
    /// - Throws: ``FieldError`` at the selector of the first.
    public func requireNamespaceNames() throws(FieldError) {
        for policy in policies {
            guard let label = policy.askedNamespaceLabel else { continue }
            throw FieldError(
                "policy \(policy.name ?? "without a name"): only \(LabelSelector.namespaceNameLabel) is known of a "
                    + "namespace here, not \(label)",
                at: ["spec", "match", "namespaceSelector"].map { .key($0) }
            )
        }
    }
}

extension LabelSelector {
    /// The label that every namespace has, with its own name as value.
    public static let namespaceNameLabel = "kubernetes.io/metadata.name"

    /// What selectors see of a namespace: the labels that are known of it, and always its name.
    public static func labels(ofNamespace name: String, known labels: [String: String]?) -> [String: String] {
        (labels ?? [:]).merging([namespaceNameLabel: name]) { $1 }
    }
}

extension WasmPolicy {
    /// The first label beside its name that the policy asks of a namespace; nil where it asks for none.
    public var askedNamespaceLabel: String? {
        namespaceSelector.requirements.first { $0.key != LabelSelector.namespaceNameLabel }?.key
    }
}
