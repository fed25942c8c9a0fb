import PodAdmission

/// The policy that decides about some Pods, with the reasons why the policies before it do not match.
struct PolicyChoice {
    /// A policy that does not match.
    struct Mismatch: Equatable {
        /// The policy's name.
        let name: String
        /// The first requirement that is not met, and the label that the Pod or namespace has instead.
        let reason: String
    }

    /// The policy that decides; nil for the built-in one.
    let policy: SourcedPolicy?
    /// The policies with a lower number that do not match, in order.
    let mismatches: [Mismatch]

    /// Finds the first policy that matches.
    ///
    /// - Parameters:
    ///   - policies: The policies in the order of their precedence.
    ///   - podLabels: The Pods' labels.
    ///   - namespace: The Pods' namespace.
    ///   - labels: The namespace's labels; nil if they are not known.
    init(among policies: [SourcedPolicy], podLabels: [String: String], namespace: String, labels: [String: String]?) {
        let namespaceLabels = LabelSelector.labels(ofNamespace: namespace, known: labels)
        var mismatches: [Mismatch] = []
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
            mismatches.append(Mismatch(name: sourced.policy.shownName, reason: unmet))
        }
        policy = decides
        self.mismatches = mismatches
    }

    private static func reason(
        _ requirement: LabelSelector.Requirement,
        _ subject: String,
        _ labels: [String: String],
        isKnown: Bool = true
    ) -> String {
        let wanted = "it matches \(subject == "Pod" ? "Pods" : "namespaces") with \(requirement.selectorText)"
        if let value = labels[requirement.key] { return "\(wanted); the \(subject) has \(requirement.key)=\(value)" }
        return isKnown
            ? "\(wanted); the \(subject) has no label \(requirement.key)"
            : "\(wanted); the \(subject)'s labels are not known"
    }
}

extension LabelSelector {
    /// The first requirement that `labels` do not meet; nil if they meet all.
    fileprivate func unmet(by labels: [String: String]) -> Requirement? {
        requirements.first { !LabelSelector([$0]).matches(labels) }
    }
}
