/// A JSON document as a value, with members in their original order.
///
/// Numbers keep their text, so that they are not rounded.
public enum JSONValue: Sendable, Equatable {
    /// The literal `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number, with its original text.
    case number(String)
    /// A string, unescaped.
    case string(String)
    /// An array.
    case array([JSONValue])
    /// An object.
    case object(JSONObject)

    /// The name of this kind of value, for messages.
    public var kindName: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object: "an object"
        }
    }

    /// The object; nil for any other kind of value.
    public var object: JSONObject? {
        if case .object(let object) = self { object } else { nil }
    }

    /// The array; nil for any other kind of value.
    public var array: [JSONValue]? {
        if case .array(let array) = self { array } else { nil }
    }

    /// The string; nil for any other kind of value.
    public var string: String? {
        if case .string(let string) = self { string } else { nil }
    }

    /// The member `key` of an object; nil if this is not an object or has no such member.
    public subscript(key: String) -> JSONValue? {
        object?[key]
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A boolean.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// A whole number.
    public init(integerLiteral value: Int) { self = .number(String(value)) }
    /// An array.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// An object.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(JSONObject(elements.map { JSONObject.Member(key: $0.0, value: $0.1) }))
    }
}

/// The members of a JSON object, in order.
///
/// Look-up is linear, because the objects of the Kubernetes and OCI APIs are small. Of members with the same key the
/// last one is used, as by the API server.
public struct JSONObject: Sendable, Equatable {
    /// One `"key": value` of an object.
    public struct Member: Sendable, Equatable {
        /// The member's name.
        public var key: String
        /// The member's value.
        public var value: JSONValue

        /// Creates a member.
        public init(key: String, value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// The members, in their original order.
    public var members: [Member]

    /// Creates an object of `members`.
    public init(_ members: [Member] = []) {
        self.members = members
    }

    /// The value of the last member with the key `key`; setting nil removes every member with it.
    public subscript(key: String) -> JSONValue? {
        get {
            for index in members.indices.reversed() where members[index].key == key { return members[index].value }
            return nil
        }
        set {
            guard let newValue else { return members.removeAll { $0.key == key } }
            if let index = members.lastIndex(where: { $0.key == key }) {
                members[index].value = newValue
            } else {
                members.append(Member(key: key, value: newValue))
            }
        }
    }
}
