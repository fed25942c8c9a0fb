/// Readers that convert a ``JSONValue`` into a typed value, or throw an error with the path of the field.
///
/// An absent member and a `null` member are the same, as for the API server. The generic readers are
/// inlinable: a Pod is read by a hundred calls of them, and other modules could not specialize them otherwise.
extension JSONValue {
    /// This value as a string.
    public func asString() throws(FieldError) -> String {
        guard case .string(let text) = self else { throw mismatch("a string") }
        return text
    }

    /// This value as a boolean.
    public func asBool() throws(FieldError) -> Bool {
        guard case .bool(let flag) = self else { throw mismatch("a boolean") }
        return flag
    }

    /// This value as a whole number.
    public func asInt() throws(FieldError) -> Int {
        guard case .number(let text) = self, let number = Int(text) else { throw mismatch("a whole number") }
        return number
    }

    /// This value as an object.
    public func asObject() throws(FieldError) -> JSONObject {
        guard case .object(let object) = self else { throw mismatch("an object") }
        return object
    }

    /// This value as a list whose elements are read by `read`.
    @inlinable
    public func asArray<Element>(
        of read: (JSONValue) throws(FieldError) -> Element
    ) throws(FieldError) -> [Element] {
        guard case .array(let values) = self else { throw mismatch("a list") }
        var elements: [Element] = []
        elements.reserveCapacity(values.count)
        for (index, value) in values.enumerated() {
            do throws(FieldError) { elements.append(try read(value)) } catch { throw error.under(.index(index)) }
        }
        return elements
    }

    /// This value as a list of strings.
    public func asStrings() throws(FieldError) -> [String] {
        try asArray { value throws(FieldError) in try value.asString() }
    }

    /// This value as an object of strings, such as labels; null is the empty string, as for Go.
    public func asStringMap() throws(FieldError) -> [String: String] {
        var map: [String: String] = [:]
        for member in try asObject().members {
            if case .null = member.value {
                map[member.key] = ""
                continue
            }
            do throws(FieldError) { map[member.key] = try member.value.asString() } catch {
                throw error.under(.key(member.key))
            }
        }
        return map
    }

    @usableFromInline
    func mismatch(_ expected: String) -> FieldError {
        FieldError("expected \(expected), found \(kindName)")
    }
}

extension JSONObject {
    /// The member `key` read by `read`; nil if it is absent or null.
    @inlinable
    public func optional<Value>(
        _ key: String,
        _ read: (JSONValue) throws(FieldError) -> Value
    ) throws(FieldError) -> Value? {
        guard let value = self[key] else { return nil }
        if case .null = value { return nil }
        do throws(FieldError) { return try read(value) } catch { throw error.under(.key(key)) }
    }

    /// The member `key` read by `read`; an error if it is absent or null.
    @inlinable
    public func required<Value>(
        _ key: String,
        _ read: (JSONValue) throws(FieldError) -> Value
    ) throws(FieldError) -> Value {
        guard let value = try optional(key, read) else { throw FieldError("required", at: [.key(key)]) }
        return value
    }

    /// The member `key` as a string; nil if it is absent or null.
    public func optionalString(_ key: String) throws(FieldError) -> String? {
        try optional(key) { value throws(FieldError) in try value.asString() }
    }

    /// The member `key` as an object; nil if it is absent or null.
    public func optionalObject(_ key: String) throws(FieldError) -> JSONObject? {
        try optional(key) { value throws(FieldError) in try value.asObject() }
    }

    /// The member `key` as a list of strings; empty if it is absent or null.
    public func strings(_ key: String) throws(FieldError) -> [String] {
        try optional(key) { value throws(FieldError) in try value.asStrings() } ?? []
    }

    /// Throws an error for a member that is not in `known`; its text lists the known ones.
    public func refuseUnknown(_ known: [String]) throws(FieldError) {
        for member in members where !known.contains(member.key) {
            throw FieldError(
                "unknown field; known here: \(known.joined(separator: ", "))",
                at: [.key(member.key)]
            )
        }
    }
}
