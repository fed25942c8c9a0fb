import JSON
import PodAdmission

/// Finds what is right by the schema and still not what somebody wants.
enum PolicyLint {
    /// What there is to say about `policies`, which are in the order in which they are asked.
    static func warnings(about policies: [SourcedPolicy]) -> [BadInput] {
        policies.indices.flatMap { index in
            let sourced = policies[index]
            let earlier = policies[..<index]
            return order(of: sourced, after: earlier) + images(of: sourced) + idleChecks(of: sourced)
        }
    }

    private static func order(of sourced: SourcedPolicy, after earlier: ArraySlice<SourcedPolicy>) -> [BadInput] {
        let policy = sourced.policy
        var notes: [BadInput] = []
        if policy.name == nil {
            notes.append(sourced.note("has no metadata.name, which the cluster and messages need"))
        } else if let twin = earlier.first(where: { $0.policy.name == policy.name }) {
            notes.append(
                sourced.note(
                    "has the name of the policy at \(twin.place); the cluster keeps one",
                    at: [.key("metadata"), .key("name")]
                )
            )
        }
        for (selector, key) in [(policy.namespaceSelector, "namespaceSelector"), (policy.podSelector, "podSelector")]
        where selector.excludes() {
            notes.append(
                sourced.note("never decides: no labels meet this", at: [.key("spec"), .key("match"), .key(key)])
            )
            return notes
        }
        if let first = earlier.first(where: { $0.policy.covers(policy) }) {
            let name = first.policy.shownName
            notes.append(
                sourced.note(
                    "never decides: \(name) (\(first.place)) is asked before and matches all that this one does",
                    at: [.key("spec"), .key("match")]
                )
            )
        } else if let rival = earlier.last(where: { $0.policy.isRival(of: policy) }) {
            notes.append(
                sourced.note(
                    "\(rival.policy.shownName) (\(rival.place)) has the same; where both match, the names decide",
                    at: [.key("spec"), .key("matchingPrecedence")]
                )
            )
        }
        return notes
    }

    private static func images(of sourced: SourcedPolicy) -> [BadInput] {
        let images = sourced.policy.images
        var notes: [BadInput] = []
        for (index, rule) in images.rules.enumerated() {
            // A pattern's asterisks are met by another's only, so that a pattern that matches the other's text covers it.
            guard let first = images.rules[..<index].firstIndex(where: { $0.match.matches(rule.match.text) }) else {
                continue
            }
            notes.append(
                sourced.note(
                    "never counts: rule \(first) (\(images.rules[first].match.text)) matches first",
                    at: [.key("spec"), .key("images"), .key("rules"), .index(index), .key("match")]
                )
            )
        }
        if images.requireDigest, sourced.policy.pinWasmManifest {
            notes.append(
                sourced.note(
                    "an image named by tag passes where pinWasmManifest pins it; set pinWasmManifest: false to refuse it",
                    at: [.key("spec"), .key("images"), .key("requireDigest")]
                )
            )
        }
        return notes
    }

    private static func idleChecks(of sourced: SourcedPolicy) -> [BadInput] {
        let images = sourced.policy.images
        let switches = [
            (CheckCode.imageNotAllowed, "images.allowed", !images.allowed.isEmpty),
            (.digestRequired, "images.requireDigest", images.requireDigest),
        ]
        return switches.filter { !$2 && sourced.policy.checks[$0] != nil }.map { code, field, _ in
            let path: [FieldError.Step] = [.key("spec"), .key("checks"), .key(code.rawValue)]
            return sourced.note("does nothing without spec.\(field)", at: path)
        }
    }
}

extension WasmPolicy {
    /// Whether this policy matches every Pod that `other` does.
    fileprivate func covers(_ other: WasmPolicy) -> Bool {
        namespaceSelector.covers(other.namespaceSelector) && podSelector.covers(other.podSelector)
    }

    /// Whether only the names say which of this policy and `other` decides about some Pods.
    fileprivate func isRival(of other: WasmPolicy) -> Bool {
        matchingPrecedence == other.matchingPrecedence
            && !namespaceSelector.excludes(other.namespaceSelector) && !podSelector.excludes(other.podSelector)
    }
}
