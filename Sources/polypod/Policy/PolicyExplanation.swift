import PodAdmission

/// The text of `polypod policy explain`: policies in their order, and which one decides about which Pods.
struct PolicyExplanation {
    /// Pods to find the policy of: those of a workload, or any Pod of a namespace.
    struct Subject {
        /// The Pods' description, with file and line if they come from a manifest.
        let title: String
        /// The Pods' labels.
        let podLabels: [String: String]
        /// The Pods' namespace.
        let namespace: String
    }

    /// The policies in the order of their precedence.
    let policies: [SourcedPolicy]
    /// The Pods to find the policy of.
    let subjects: [Subject]
    /// The labels of namespaces that are known.
    let namespaces: ManifestNamespaces

    /// The table of policies, a summary of each, and the decision for each subject.
    func text(for terminal: Terminal) -> String {
        var text = table.text(for: terminal, indent: 0)
        for sourced in policies {
            let lines = PolicySummary(sourced.policy).lines.map { "  \($0)\n" }.joined()
            text += "\n\(terminal.styled(sourced.policy.shownName, .heading)) (\(sourced.place))\n\(lines)"
        }
        for subject in subjects { text += "\n" + self.text(of: subject, for: terminal) }
        return text
    }

    private var table: Table {
        var table = Table(rows: [["PRECEDENCE", "POLICY", "MODE", "NAMESPACES", "PODS"]])
        for policy in policies.map(\.policy) {
            table.rows.append([
                .init(String(policy.matchingPrecedence)), .init(policy.shownName), .init(policy.mode.rawValue),
                .init(policy.namespaceSelector.selectorText), .init(policy.podSelector.selectorText),
            ])
        }
        table.rows.append(["-", "built-in", .init(WasmPolicy().mode.rawValue), "every", "every"])
        return table
    }

    private func text(of subject: Subject, for terminal: Terminal) -> String {
        let labels = namespaces[subject.namespace]
        let choice = PolicyChoice(
            among: policies,
            podLabels: subject.podLabels,
            namespace: subject.namespace,
            labels: labels
        )
        let name = terminal.styled(choice.policy?.policy.shownName ?? "the built-in policy", .heading)
        var text = "\(subject.title): decided by \(name), \(choice.reason)\n"
        for mismatch in choice.mismatches { text += "  not by \(mismatch.name): \(mismatch.reason)\n" }
        return text
    }
}

extension PolicyChoice {
    /// Why the policy decides.
    fileprivate var reason: String {
        guard let policy = policy?.policy else { return "because no other matches" }
        let selectors = [("namespaces", policy.namespaceSelector), ("Pods", policy.podSelector)]
        let wanted = selectors.filter { !$1.requirements.isEmpty }.map { "\($0) with \($1.selectorText)" }
        let what = wanted.isEmpty ? "every Pod" : wanted.joined(separator: " and ")
        return "the first that matches: \(what)"
    }
}
