public import JSON

/// The policies in force; the first one that matches a Pod decides.
public struct PolicySet: Sendable, Equatable {
    /// The policies, in the order of their precedence.
    public let policies: [WasmPolicy]

    /// Creates a set; policies of the same precedence are ordered by name.
    public init(_ policies: [WasmPolicy] = []) {
        self.policies = policies.sorted {
            ($0.matchingPrecedence, $0.name ?? "") < ($1.matchingPrecedence, $1.name ?? "")
        }
    }

    /// Reads the policies of one document: one object, a list of objects, or a `List` with `items`.
    ///
    /// - Throws: `FieldError` for the first field that is not valid.
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

    /// The policy for a Pod: the first one that matches, otherwise the built-in one.
    ///
    /// - Parameters:
    ///   - pod: The Pod with the labels to match.
    ///   - namespace: The namespace; it is also the value of its label `kubernetes.io/metadata.name`.
    ///   - labels: The labels of the namespace; nil if they are not known, as for a server without a cluster.
    /// - Returns: The policy.
    public func policy(for pod: Pod, namespace: String, labels: [String: String]? = nil) -> WasmPolicy {
        let namespaceLabels = LabelSelector.labels(ofNamespace: namespace, known: labels)
        return policies.first {
            $0.namespaceSelector.matches(namespaceLabels) && $0.podSelector.matches(pod.metadata.labels)
        } ?? WasmPolicy()
    }

    /// The policy that restricts Wasm images and can be the one for a Pod whose labels cannot be read; nil if none can.
    ///
    /// - Parameters:
    ///   - namespace: The namespace.
    ///   - labels: The labels of the namespace; nil if they are not known.
    /// - Returns: The policy.
    public func restriction(inNamespace namespace: String, labels: [String: String]? = nil) -> WasmPolicy? {
        let namespaceLabels = LabelSelector.labels(ofNamespace: namespace, known: labels)
        for policy in policies where policy.namespaceSelector.matches(namespaceLabels) {
            let isOptedOut = policy.allowOptOut && AnnotationKey.optsOut(labels?[AnnotationKey.inject])
            if policy.images.restrictsWasm, policy.mode == .enforce, !isOptedOut { return policy }
            if policy.podSelector.requirements.isEmpty { return nil }
        }
        return nil
    }

    /// Whether a policy selects namespaces by other labels than the name.
    public var asksForNamespaceLabels: Bool { policies.contains { $0.askedNamespaceLabel != nil } }

    /// Requires that no policy selects namespaces by other labels than the name, for use without a cluster.
    ///
    /// Such a policy would never match, without any message.
    ///
    /// - Throws: `FieldError` with the selector of the first such policy.
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
    /// The label that every namespace has; its value is the name of the namespace.
    public static let namespaceNameLabel = "kubernetes.io/metadata.name"

    /// The labels of a namespace for selectors: the known ones, and always the one with its name.
    public static func labels(ofNamespace name: String, known labels: [String: String]?) -> [String: String] {
        (labels ?? [:]).merging([namespaceNameLabel: name]) { $1 }
    }
}

extension WasmPolicy {
    /// The first label besides the name by which the policy selects namespaces; nil if there is none.
    public var askedNamespaceLabel: String? {
        namespaceSelector.requirements.first { $0.key != LabelSelector.namespaceNameLabel }?.key
    }
}
