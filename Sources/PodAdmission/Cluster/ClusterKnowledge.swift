/// The runtime classes of the cluster at the time of a decision.
public struct ClusterKnowledge: Sendable, Equatable {
    /// A runtime class (node.k8s.io/v1), and the nodes that it can use.
    public struct RuntimeClass: Sendable, Equatable {
        /// Its `scheduling.nodeSelector`, which the API server merges into the Pods of the class.
        public var nodeSelector: [String: String]
        /// The number of nodes with these labels; nil if the nodes are not known.
        public var matchingNodes: Int?

        /// Creates a class; the default has no selector, and its nodes are not known.
        public init(nodeSelector: [String: String] = [:], matchingNodes: Int? = nil) {
            self.nodeSelector = nodeSelector
            self.matchingNodes = matchingNodes
        }
    }

    /// The classes by name; nil if they are not known, so that checks find nothing.
    public var runtimeClasses: [String: RuntimeClass]?

    /// Creates the value; without an argument, nothing is known.
    public init(runtimeClasses: [String: RuntimeClass]? = nil) {
        self.runtimeClasses = runtimeClasses
    }

    /// Whether the classes are known and `name` is not one of them.
    func lacks(_ name: String) -> Bool { runtimeClasses.map { $0[name] == nil } ?? false }

    /// The first label for which the class `name` requires another value than the Pod; nil if there is none.
    ///
    /// The API server rejects such a Pod (kubernetes, plugin/pkg/admission/runtimeclass/admission.go, setScheduling).
    func contradiction(of name: String, to pod: Pod) -> String? {
        let selector = runtimeClasses?[name]?.nodeSelector ?? [:]
        return selector.keys.sorted().first { key in
            pod.spec.nodeSelector[key].map { $0 != selector[key] } ?? false
        }
    }
}
