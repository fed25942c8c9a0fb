import PodAdmission

/// The runtime classes of a cluster, each with the number of nodes that match its node selector.
///
/// The numbers are updated with each change: a changed node is compared with each class, a changed class with each
/// node. A node with unchanged labels, as in the update of its status every few minutes, costs one comparison.
struct RuntimeClassIndex: Sendable, Equatable {
    /// The classes by name; `matchingNodes` is always set.
    private(set) var classes: [String: ClusterKnowledge.RuntimeClass] = [:]
    private var nodes: [String: [String: String]] = [:]

    /// Replaces all nodes, given as labels by name.
    mutating func replaceNodes(with nodes: [String: [String: String]]) {
        guard nodes != self.nodes else { return }
        self.nodes = nodes
        for (name, runtimeClass) in classes { setClass(name, nodeSelector: runtimeClass.nodeSelector) }
    }

    /// Adds or changes the node `name`; removes it if `labels` is nil.
    mutating func setNode(_ name: String, labels: [String: String]?) {
        let old = nodes[name]
        guard labels != old else { return }
        nodes[name] = labels
        for (name, runtimeClass) in classes {
            let change = Self.count(labels, for: runtimeClass) - Self.count(old, for: runtimeClass)
            if change != 0 { classes[name]?.matchingNodes = (runtimeClass.matchingNodes ?? 0) + change }
        }
    }

    /// Replaces all classes, given as node selectors by name.
    mutating func replaceClasses(with selectors: [String: [String: String]]) {
        for name in classes.keys where selectors[name] == nil { classes[name] = nil }
        for (name, selector) in selectors where classes[name]?.nodeSelector != selector {
            setClass(name, nodeSelector: selector)
        }
    }

    /// Adds or changes the class `name`.
    mutating func setClass(_ name: String, nodeSelector: [String: String]) {
        var runtimeClass = ClusterKnowledge.RuntimeClass(nodeSelector: nodeSelector)
        runtimeClass.matchingNodes = nodes.values.reduce(0) { $0 + Self.count($1, for: runtimeClass) }
        classes[name] = runtimeClass
    }

    /// Removes the class `name`.
    mutating func removeClass(_ name: String) { classes[name] = nil }

    /// 1 if a node with `labels` matches the class's node selector, else 0; nil stands for a missing node.
    private static func count(
        _ labels: [String: String]?,
        for runtimeClass: ClusterKnowledge.RuntimeClass
    ) -> Int {
        guard let labels else { return 0 }
        return runtimeClass.nodeSelector.allSatisfy { labels[$0.key] == $0.value } ? 1 : 0
    }
}
