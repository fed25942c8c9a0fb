import PodAdmission

/// The runtime classes of a cluster, each with the number of nodes that have its labels.
///
/// The numbers are kept up to date by what changes: a node costs a look at each class, a class a look at each node,
/// and a node whose labels are the same, as in its status every few minutes, costs one comparison.
struct NodeClasses: Sendable, Equatable {
    /// The classes by name, their number of nodes always set.
    private(set) var classes: [String: ClusterKnowledge.RuntimeClass] = [:]
    private var nodes: [String: [String: String]] = [:]

    /// These are all the nodes, by name, with their labels.
    mutating func replaceNodes(with nodes: [String: [String: String]]) {
        guard nodes != self.nodes else { return }
        self.nodes = nodes
        for (name, runtimeClass) in classes { setClass(name, nodeSelector: runtimeClass.nodeSelector) }
    }

    /// The node `name` has these labels, or is gone where they are nil.
    mutating func setNode(_ name: String, labels: [String: String]?) {
        let old = nodes[name]
        guard labels != old else { return }
        nodes[name] = labels
        for (name, runtimeClass) in classes {
            let change = Self.count(labels, for: runtimeClass) - Self.count(old, for: runtimeClass)
            if change != 0 { classes[name]?.matchingNodes = (runtimeClass.matchingNodes ?? 0) + change }
        }
    }

    /// These are all the classes, by name, with their node selectors.
    mutating func replaceClasses(with selectors: [String: [String: String]]) {
        for name in classes.keys where selectors[name] == nil { classes[name] = nil }
        for (name, selector) in selectors where classes[name]?.nodeSelector != selector {
            setClass(name, nodeSelector: selector)
        }
    }

    /// The class `name` asks for these labels.
    mutating func setClass(_ name: String, nodeSelector: [String: String]) {
        var runtimeClass = ClusterKnowledge.RuntimeClass(nodeSelector: nodeSelector)
        runtimeClass.matchingNodes = nodes.values.reduce(0) { $0 + Self.count($1, for: runtimeClass) }
        classes[name] = runtimeClass
    }

    /// The class `name` is gone.
    mutating func removeClass(_ name: String) { classes[name] = nil }

    /// 1 where a node with `labels` has those that the class asks for; 0 where it has not, or there is none.
    private static func count(
        _ labels: [String: String]?,
        for runtimeClass: ClusterKnowledge.RuntimeClass
    ) -> Int {
        guard let labels else { return 0 }
        return runtimeClass.nodeSelector.allSatisfy { labels[$0.key] == $0.value } ? 1 : 0
    }
}
