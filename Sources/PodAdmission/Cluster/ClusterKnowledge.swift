/// What is known of the cluster when a decision is made, as far as a Pod's runtime class is concerned.
public struct ClusterKnowledge: Sendable, Equatable {
    /// A runtime class (node.k8s.io/v1), with what the nodes have to do with it.
    public struct RuntimeClass: Sendable, Equatable {
        /// Its `scheduling.nodeSelector`, which the API server merges into the Pods of the class.
        public var nodeSelector: [String: String]
        /// How many nodes have those labels; nil where the nodes are not known.
        public var matchingNodes: Int?

        /// Creates a class.
        public init(nodeSelector: [String: String] = [:], matchingNodes: Int? = nil) {
            self.nodeSelector = nodeSelector
            self.matchingNodes = matchingNodes
        }
    }

    /// The classes by name; nil where they are not known, so that nothing is guessed.
    public var runtimeClasses: [String: RuntimeClass]?

    /// Creates knowledge; without an argument, of nothing.
    public init(runtimeClasses: [String: RuntimeClass]? = nil) {
        self.runtimeClasses = runtimeClasses
    }

    /// Whether the class `name` is known not to be there.
    func lacks(_ name: String) -> Bool { runtimeClasses.map { $0[name] == nil } ?? false }

    /// The first label for which the class `name` asks for another value than the Pod does; nil where there is none.
    ///
    /// The API server refuses such a Pod (kubernetes, plugin/pkg/admission/runtimeclass/admission.go, setScheduling).
    func contradiction(of name: String, to pod: Pod) -> String? {
        let selector = runtimeClasses?[name]?.nodeSelector ?? [:]
        return selector.keys.sorted().first { key in
            pod.spec.nodeSelector[key].map { $0 != selector[key] } ?? false
        }
    }
}
