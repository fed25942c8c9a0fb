import PodAdmission

/// Which policy decides about some Pods, and why none before it does.
struct PolicyChoice {
    /// A policy that does not match, with the reason.
    struct PassedOver: Equatable {
        /// The policy's name.
        let name: String
        /// What the policy wants, and what there is.
        let reason: String
    }

    /// The policy that decides; nil for the built-in one.
    let policy: SourcedPolicy?
    /// The policies that are asked before it.
    let passedOver: [PassedOver]

    /// Asks `policies` in their order.
    ///
    /// - Parameters:
    ///   - policies: The policies in the order in which they are asked.
    ///   - podLabels: The Pods' labels.
    ///   - namespace: The Pods' namespace.
    ///   - labels: The namespace's labels; nil where nobody knows them.
    init(among policies: [SourcedPolicy], podLabels: [String: String], namespace: String, labels: [String: String]?) {
        let namespaceLabels = LabelSelector.labels(ofNamespace: namespace, known: labels)
        var passedOver: [PassedOver] = []
        var decides: SourcedPolicy?
        for sourced in policies {
            let unmet =
                sourced.policy.namespaceSelector.unmet(by: namespaceLabels).map { requirement in
                    Self.reason(requirement, "namespace", namespaceLabels, isKnown: labels != nil)
                }
                ?? sourced.policy.podSelector.unmet(by: podLabels).map { Self.reason($0, "Pod", podLabels) }
            guard let unmet else {
                decides = sourced
                break
            }
            passedOver.append(PassedOver(name: sourced.policy.shownName, reason: unmet))
        }
        policy = decides
        self.passedOver = passedOver
    }

    private static func reason(
        _ requirement: LabelSelector.Requirement,
        _ subject: String,
        _ labels: [String: String],
        isKnown: Bool = true
    ) -> String {
        let wanted = "wants \(subject == "Pod" ? "Pods" : "namespaces") with \(requirement.words)"
        if let value = labels[requirement.key] { return "\(wanted); the \(subject) has \(requirement.key)=\(value)" }
        return isKnown
            ? "\(wanted); the \(subject) has no label \(requirement.key)"
            : "\(wanted); the \(subject)'s labels are not known here"
    }
}

extension LabelSelector {
    /// The first requirement that `labels` do not meet; nil where they meet them all.
    fileprivate func unmet(by labels: [String: String]) -> Requirement? {
        requirements.first { !LabelSelector([$0]).matches(labels) }
    }
}
