import JSON
import KubernetesAPI
import PodAdmission

/// A cluster's runtime classes, nodes and namespaces as the watches report them: a value without a client or a clock.
struct ClusterView: Sendable {
    /// A kind of object that is watched; the raw value is its name in messages.
    enum Part: String, Sendable, CaseIterable {
        case runtimeClasses = "runtime classes"
        case nodes
        case namespaces
    }

    /// The state of a watch, which decides whether its objects still count.
    private enum Connection: Sendable, Equatable {
        /// There was no list yet.
        case waiting
        /// The watch reports every change.
        case connected
        /// The watch has reported nothing since this time.
        case lost(since: ContinuousClock.Instant)
    }

    /// How long the objects count after the connection is lost.
    private static let grace = Duration.seconds(60)

    private var index = RuntimeClassIndex()
    private var connections: [Part: Connection] = [:]
    /// The labels of the namespaces.
    var namespaces = NamespaceLabels()

    /// The parts that have no list yet.
    var missing: [Part] { Part.allCases.filter { connection($0) == .waiting } }

    /// What decisions may use at `now`.
    ///
    /// Without reliable runtime classes it is empty; without reliable nodes their number is nil.
    func knowledge(at now: ContinuousClock.Instant) -> ClusterKnowledge {
        guard isReliable(.runtimeClasses, at: now) else { return ClusterKnowledge() }
        var classes = index.classes
        if !isReliable(.nodes, at: now) {
            for name in classes.keys { classes[name]?.matchingNodes = nil }
        }
        return ClusterKnowledge(runtimeClasses: classes)
    }

    private func connection(_ part: Part) -> Connection { connections[part] ?? .waiting }

    private func isReliable(_ part: Part, at now: ContinuousClock.Instant) -> Bool {
        switch connection(part) {
        case .waiting: false
        case .connected: true
        case .lost(let since): now - since < Self.grace
        }
    }

    /// Applies an event of the watch of `part`.
    mutating func apply(_ event: Reflector.Event, to part: Part, at now: ContinuousClock.Instant) {
        switch event {
        case .replaced(let objects):
            replace(part, with: objects)
            connections[part] = .connected
        case .changed(let object): set(part, object, isGone: false)
        case .removed(let object): set(part, object, isGone: true)
        case .connected: if connection(part) != .waiting { connections[part] = .connected }
        case .disconnected: if connection(part) == .connected { connections[part] = .lost(since: now) }
        }
    }

    private mutating func replace(_ part: Part, with objects: [JSONValue]) {
        var values: [String: [String: String]] = [:]
        for object in objects {
            if let name = object.objectName { values[name] = object.value(of: part) }
        }
        switch part {
        case .runtimeClasses: index.replaceClasses(with: values)
        case .nodes: index.replaceNodes(with: values)
        case .namespaces: namespaces.replace(with: values)
        }
    }

    private mutating func set(_ part: Part, _ object: JSONValue, isGone: Bool) {
        guard let name = object.objectName else { return }
        switch part {
        case .runtimeClasses where isGone: index.removeClass(name)
        case .runtimeClasses: index.setClass(name, nodeSelector: object.value(of: part))
        case .nodes: index.setNode(name, labels: isGone ? nil : object.value(of: part))
        case .namespaces: namespaces.set(name, labels: isGone ? nil : object.value(of: part))
        }
    }
}

extension JSONValue {
    /// The labels of an object; empty if it has none or they cannot be read.
    var objectLabels: [String: String] { (try? self["metadata"]?["labels"]?.asStringMap()) ?? [:] }

    fileprivate var objectName: String? { self["metadata"]?["name"]?.string }

    /// The part of an object that is kept: a runtime class's node selector (k8s.io/api, node/v1), the labels of others.
    fileprivate func value(of part: ClusterView.Part) -> [String: String] {
        guard part == .runtimeClasses else { return objectLabels }
        return (try? self["scheduling"]?["nodeSelector"]?.asStringMap()) ?? [:]
    }
}
