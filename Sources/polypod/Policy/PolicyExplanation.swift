import PodAdmission

/// Policies and what they come to, for a person.
struct PolicyExplanation {
    /// Pods in question: those of a workload, or any of a namespace.
    struct Subject {
        /// What they are, with their place where they have one.
        let title: String
        /// The Pods' labels.
        let podLabels: [String: String]
        /// The Pods' namespace.
        let namespace: String
    }

    /// The policies in the order in which they are asked.
    let policies: [SourcedPolicy]
    /// The Pods in question.
    let subjects: [Subject]
    /// What is known of namespaces.
    let namespaces: ManifestNamespaces

    /// The whole, for `terminal`.
    func text(for terminal: Terminal) -> String {
        var text = table.text(for: terminal, indent: 0)
        for sourced in policies {
            let lines = sourced.policy.words.map { "  \($0)\n" }.joined()
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
                .init(policy.namespaceSelector.words), .init(policy.podSelector.words),
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
        var text = "\(subject.title): decided by \(name), \(choice.because)\n"
        for passedOver in choice.passedOver { text += "  not by \(passedOver.name): \(passedOver.reason)\n" }
        return text
    }
}

extension PolicyChoice {
    /// Why the policy decides.
    fileprivate var because: String {
        guard let policy = policy?.policy else { return "since no other matches" }
        let selectors = [("namespaces", policy.namespaceSelector), ("Pods", policy.podSelector)]
        let wanted = selectors.filter { !$1.requirements.isEmpty }.map { "\($0) with \($1.words)" }
        let what = wanted.isEmpty ? "every Pod" : wanted.joined(separator: " and ")
        return "the first that matches: \(what)"
    }
}
