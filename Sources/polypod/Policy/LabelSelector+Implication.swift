import PodAdmission

extension LabelSelector {
    /// Whether everything that `other` matches is matched by this selector, as far as that can be seen.
    func covers(_ other: LabelSelector) -> Bool {
        requirements.allSatisfy { wanted in
            other.requirements.contains { $0.key == wanted.key && $0.implies(wanted) }
        }
    }

    /// Whether no labels can meet this selector and `other` at once.
    func excludes(_ other: LabelSelector = LabelSelector()) -> Bool {
        let all = requirements + other.requirements
        return all.contains { first in
            all.contains { second in first.key == second.key && first.contradicts(second) }
        }
    }
}

extension LabelSelector.Requirement {
    /// Whether labels that meet this requirement meet `other`, which is on the same key.
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

    /// Whether no value of the key meets both this requirement and `other`.
    fileprivate func contradicts(_ other: LabelSelector.Requirement) -> Bool {
        switch (comparison, other.comparison) {
        case (.isIn, .isIn): Set(values).isDisjoint(with: other.values)
        case (.isIn, .isNotIn): Set(values).isSubset(of: other.values)
        case (.isIn, .doesNotExist), (.exists, .doesNotExist): true
        default: false
        }
    }
}
