import JSON
import Manifests
import PodAdmission

/// Warnings about policies that are valid by the schema but probably not intended.
enum PolicyLint {
    /// The warnings about `policies`, which are in the order of their precedence.
    static func warnings(about policies: [SourcedPolicy]) -> [BadInput] {
        policies.indices.flatMap { index in
            let sourced = policies[index]
            let earlier = policies[..<index]
            return order(of: sourced, after: earlier) + images(of: sourced) + waysAround(sourced)
                + idleFields(of: sourced)
        }
    }

    /// Warnings about the name, and about policies that do not decide because of others or of their own selectors.
    private static func order(of sourced: SourcedPolicy, after earlier: ArraySlice<SourcedPolicy>) -> [BadInput] {
        let policy = sourced.policy
        var notes: [BadInput] = []
        if policy.name == nil {
            notes.append(sourced.note("has no metadata.name; an object in a cluster needs one"))
        } else if let twin = earlier.first(where: { $0.policy.name == policy.name }) {
            notes.append(
                sourced.note(
                    "has the same name as the policy at \(twin.place); a cluster keeps only one of them",
                    at: [.key("metadata"), .key("name")]
                )
            )
        }
        for (selector, key) in [(policy.namespaceSelector, "namespaceSelector"), (policy.podSelector, "podSelector")]
        where selector.excludes() {
            notes.append(
                sourced.note(
                    "never decides: no labels match this selector",
                    at: [.key("spec"), .key("match"), .key(key)]
                )
            )
            return notes
        }
        if let first = earlier.first(where: { $0.policy.covers(policy) }) {
            let name = first.policy.shownName
            notes.append(
                sourced.note(
                    "never decides: \(name) (\(first.place)) comes first and matches everything that this policy matches",
                    at: [.key("spec"), .key("match")]
                )
            )
        } else if let rival = earlier.last(where: { $0.policy.isRival(of: policy) }) {
            notes.append(
                sourced.note(
                    "\(rival.policy.shownName) (\(rival.place)) has the same; if both match, the first name in the alphabet wins",
                    at: [.key("spec"), .key("matchingPrecedence")]
                )
            )
        }
        return notes
    }

    /// Warnings about image rules without effect, and about digests that pinning provides.
    private static func images(of sourced: SourcedPolicy) -> [BadInput] {
        let images = sourced.policy.images
        var notes: [BadInput] = []
        for (index, rule) in images.rules.enumerated() {
            // Only another asterisk matches a pattern's asterisk, so a pattern that matches another's text covers it.
            guard let first = images.rules[..<index].firstIndex(where: { $0.match.matches(rule.match.text) }) else {
                continue
            }
            notes.append(
                sourced.note(
                    "has no effect: rule \(first) (\(images.rules[first].match.text)) matches first",
                    at: [.key("spec"), .key("images"), .key("rules"), .index(index), .key("match")]
                )
            )
        }
        if images.requireDigest, sourced.policy.pinWasmManifest {
            notes.append(
                sourced.note(
                    "an image with a tag is admitted if pinWasmManifest pins it; set pinWasmManifest: false to refuse it",
                    at: [.key("spec"), .key("images"), .key("requireDigest")]
                )
            )
        }
        return notes
    }

    /// Warnings about fields that let Pods pass a restriction of images.
    private static func waysAround(_ sourced: SourcedPolicy) -> [BadInput] {
        let policy = sourced.policy
        guard policy.images.restrictsWasm else { return [] }
        var notes: [BadInput] = []
        if policy.onUnresolvedImage != .deny {
            notes.append(
                sourced.note(
                    "an image of a registry that does not answer passes the restriction of images; set Deny",
                    at: [.key("spec"), .key("onUnresolvedImage")]
                )
            )
        }
        if policy.allowOptOut {
            notes.append(
                sourced.note(
                    "any Pod can opt out of the restriction of images; set false",
                    at: [.key("spec"), .key("allowOptOut")]
                )
            )
        }
        let switches = [
            (CheckCode.imageNotAllowed, !policy.images.allowed.isEmpty),
            (.digestRequired, policy.images.requireDigest),
            (.moduleVolumeNotAllowed, policy.images.moduleVolumes == .image),
        ]
        for (code, isOn) in switches where isOn && policy.checks[code].map({ $0 != .deny }) ?? false {
            notes.append(
                sourced.note(
                    "turns the restriction of images off; set deny",
                    at: [.key("spec"), .key("checks"), .key(code.rawValue)]
                )
            )
        }
        return notes
    }

    /// Warnings about fields that another field would have to turn on.
    private static func idleFields(of sourced: SourcedPolicy) -> [BadInput] {
        let images = sourced.policy.images
        let switches = [
            (CheckCode.imageNotAllowed, "images.allowed", !images.allowed.isEmpty),
            (.digestRequired, "images.requireDigest", images.requireDigest),
            (.moduleVolumeNotAllowed, "images.allowed or spec.images.requireDigest", images.restrictsWasm),
        ]
        return switches.filter { !$2 && sourced.policy.checks[$0] != nil }.map { code, field, _ in
            let path: [FieldError.Step] = [.key("spec"), .key("checks"), .key(code.rawValue)]
            return sourced.note("has no effect without spec.\(field)", at: path)
        }
    }
}

extension WasmPolicy {
    /// Whether this policy is sure to match every Pod that `other` matches.
    fileprivate func covers(_ other: WasmPolicy) -> Bool {
        namespaceSelector.covers(other.namespaceSelector) && podSelector.covers(other.podSelector)
    }

    /// Whether some Pods match this policy and `other`, and only the names decide between them.
    fileprivate func isRival(of other: WasmPolicy) -> Bool {
        matchingPrecedence == other.matchingPrecedence
            && !namespaceSelector.excludes(other.namespaceSelector) && !podSelector.excludes(other.podSelector)
    }
}

extension LabelSelector {
    /// Whether this selector is sure to match everything that `other` matches.
    ///
    /// It compares one requirement with one other, so that false can also mean that more would have to be compared.
    fileprivate func covers(_ other: LabelSelector) -> Bool {
        requirements.allSatisfy { wanted in
            other.requirements.contains { $0.key == wanted.key && $0.implies(wanted) }
        }
    }

    /// Whether no labels can match both this selector and `other`.
    fileprivate func excludes(_ other: LabelSelector = LabelSelector()) -> Bool {
        let all = requirements + other.requirements
        return all.contains { first in
            all.contains { second in first.key == second.key && first.contradicts(second) }
        }
    }
}

extension LabelSelector.Requirement {
    /// Whether labels that meet this requirement always meet `other`, which has the same key.
    fileprivate func implies(_ other: LabelSelector.Requirement) -> Bool {
        switch (comparison, other.comparison) {
        case (.isIn, .isIn): Set(values).isSubset(of: other.values)
        case (.isIn, .isNotIn): Set(values).isDisjoint(with: other.values)
        case (.isNotIn, .isNotIn): Set(values).isSuperset(of: other.values)
        case (.isIn, .exists), (.exists, .exists): true
        case (.doesNotExist, .doesNotExist), (.doesNotExist, .isNotIn): true
        default: false
        }
    }

    /// Whether no labels can meet both this requirement and `other`, which has the same key.
    fileprivate func contradicts(_ other: LabelSelector.Requirement) -> Bool {
        switch (comparison, other.comparison) {
        case (.isIn, .isIn): Set(values).isDisjoint(with: other.values)
        case (.isIn, .isNotIn): Set(values).isSubset(of: other.values)
        case (.isIn, .doesNotExist), (.exists, .doesNotExist): true
        default: false
        }
    }
}
