import JSON
import KubernetesAPI
import PodAdmission

/// What the watches told of a cluster: a value without a client or a clock.
struct ClusterView: Sendable {
    /// What is watched.
    enum Part: String, Sendable, CaseIterable {
        case runtimeClasses = "runtime classes"
        case nodes
        case namespaces
    }

    private var nodeClasses = NodeClasses()
    private var links: [Part: WatchLink] = [:]
    /// The labels of the namespaces.
    var namespaces = NamespaceLabels()

    /// The parts of which nothing was told yet.
    var missing: [Part] { Part.allCases.filter { (links[$0] ?? .waiting) == .waiting } }

    /// What a decision may rest on.
    func knowledge(at now: ContinuousClock.Instant) -> ClusterKnowledge {
        guard links[.runtimeClasses]?.isReliable(at: now) ?? false else { return ClusterKnowledge() }
        var classes = nodeClasses.classes
        if !(links[.nodes]?.isReliable(at: now) ?? false) {
            for name in classes.keys { classes[name]?.matchingNodes = nil }
        }
        return ClusterKnowledge(runtimeClasses: classes)
    }

    /// Takes over what a watch told.
    mutating func apply(_ event: Reflector.Event, to part: Part, at now: ContinuousClock.Instant) {
        switch event {
        case .replaced(let objects):
            replace(part, with: objects)
            links[part, default: .waiting].listed()
        case .changed(let object): set(part, object, isGone: false)
        case .removed(let object): set(part, object, isGone: true)
        case .connected: links[part, default: .waiting].connected()
        case .disconnected: links[part, default: .waiting].disconnected(at: now)
        }
    }

    private mutating func replace(_ part: Part, with objects: [JSONValue]) {
        var values: [String: [String: String]] = [:]
        for object in objects {
            if let name = object.objectName { values[name] = object.value(of: part) }
        }
        switch part {
        case .runtimeClasses: nodeClasses.replaceClasses(with: values)
        case .nodes: nodeClasses.replaceNodes(with: values)
        case .namespaces: namespaces.replace(with: values)
        }
    }

    private mutating func set(_ part: Part, _ object: JSONValue, isGone: Bool) {
        guard let name = object.objectName else { return }
        switch part {
        case .runtimeClasses where isGone: nodeClasses.removeClass(name)
        case .runtimeClasses: nodeClasses.setClass(name, nodeSelector: object.value(of: part))
        case .nodes: nodeClasses.setNode(name, labels: isGone ? nil : object.value(of: part))
        case .namespaces: namespaces.set(name, labels: isGone ? nil : object.value(of: part))
        }
    }
}

extension JSONValue {
    /// The labels of an object; none where it has no readable ones.
    var objectLabels: [String: String] { (try? self["metadata"]?["labels"]?.asStringMap()) ?? [:] }

    fileprivate var objectName: String? { self["metadata"]?["name"]?.string }

    /// What counts of an object: the node selector of a runtime class (k8s.io/api, node/v1), else its labels.
    fileprivate func value(of part: ClusterView.Part) -> [String: String] {
        guard part == .runtimeClasses else { return objectLabels }
        return (try? self["scheduling"]?["nodeSelector"]?.asStringMap()) ?? [:]
    }
}
