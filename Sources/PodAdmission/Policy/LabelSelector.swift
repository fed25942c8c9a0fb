import JSON

/// A label selector of Kubernetes (meta/v1, LabelSelector): every requirement must be met.
public struct LabelSelector: Sendable, Equatable {
    /// The operators of requirements.
    public enum Operator: String, Sendable, CaseIterable {
        case isIn = "In"
        case isNotIn = "NotIn"
        case exists = "Exists"
        case doesNotExist = "DoesNotExist"
    }

    /// One condition on a label.
    public struct Requirement: Sendable, Equatable {
        /// The label's key.
        public let key: String
        /// The operator.
        public let comparison: Operator
        /// The values, for `In` and `NotIn`.
        public let values: [String]
    }

    /// The conditions; without conditions everything matches.
    public let requirements: [Requirement]

    /// Creates a selector; without requirements everything matches.
    public init(_ requirements: [Requirement] = []) {
        self.requirements = requirements
    }

    init(reading value: JSONValue) throws(FieldError) {
        let object = try value.asObject()
        try object.refuseUnknown(["matchLabels", "matchExpressions"])
        let labels = try object.optional("matchLabels") { value throws(FieldError) in try value.asStringMap() } ?? [:]
        let expressions = try object.optional("matchExpressions") { value throws(FieldError) in
            try value.asArray { value throws(FieldError) in try Self.requirement(value) }
        }
        requirements =
            labels.sorted { $0.key < $1.key }.map { Requirement(key: $0.key, comparison: .isIn, values: [$0.value]) }
            + (expressions ?? [])
    }

    private static func requirement(_ value: JSONValue) throws(FieldError) -> Requirement {
        let object = try value.asObject()
        try object.refuseUnknown(["key", "operator", "values"])
        let comparison = try object.required("operator") { value throws(FieldError) in
            try value.asCase(of: Operator.self)
        }
        let values = try object.strings("values")
        let wantsValues = comparison == .isIn || comparison == .isNotIn
        guard wantsValues != values.isEmpty else {
            throw FieldError(wantsValues ? "required for In and NotIn" : "not allowed here", at: [.key("values")])
        }
        let key = try object.required("key") { value throws(FieldError) in try value.asString() }
        return Requirement(key: key, comparison: comparison, values: values)
    }

    /// Whether `labels` meet every requirement.
    public func matches(_ labels: [String: String]) -> Bool {
        requirements.allSatisfy { requirement in
            let value = labels[requirement.key]
            return switch requirement.comparison {
            case .isIn: value.map(requirement.values.contains) ?? false
            case .isNotIn: !(value.map(requirement.values.contains) ?? false)
            case .exists: value != nil
            case .doesNotExist: value == nil
            }
        }
    }
}

extension JSONValue {
    /// This value as a case of `Word`.
    func asCase<Word: RawRepresentable & CaseIterable>(of type: Word.Type) throws(FieldError) -> Word
    where Word.RawValue == String {
        let text = try asString()
        guard let word = Word(rawValue: text) else {
            let known = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw FieldError("\"\(text.plainText(limit: 40))\" is none of \(known)")
        }
        return word
    }
}
