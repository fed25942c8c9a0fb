/// An `add` operation of JSON Patch (RFC 6902, 4.1), the only one that Polypod uses.
///
/// The API server rejects a request if a webhook's patch cannot be applied, regardless of the failure policy. An `add`
/// whose parent exists can always be applied; it replaces an existing member.
public struct JSONPatchOperation: Sendable, Equatable {
    /// The unescaped steps of the path.
    public var path: [String]
    /// The value to add.
    public var value: JSONValue

    /// Creates an operation that adds `value` at `path`.
    public init(add path: [String], value: JSONValue) {
        self.path = path
        self.value = value
    }

    /// The path as a JSON pointer (RFC 6901).
    public var pointer: String {
        var text = ""
        for step in path {
            text += "/"
            guard step.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else {
                text += step
                continue
            }
            for character in step.unicodeScalars {
                switch character {
                case "~": text += "~0"
                case "/": text += "~1"
                default: text.unicodeScalars.append(character)
                }
            }
        }
        return text
    }

    /// The operation as JSON.
    public var json: JSONValue {
        ["op": "add", "path": .string(pointer), "value": value]
    }
}

extension JSONValue {
    /// This document with `patch` applied.
    ///
    /// - Throws: ``FieldError`` if the parent of an operation does not exist.
    public func applying(_ patch: [JSONPatchOperation]) throws(FieldError) -> JSONValue {
        var document = self
        for operation in patch { document = try document.adding(operation.value, at: operation.path[...]) }
        return document
    }

    private func adding(_ value: JSONValue, at path: ArraySlice<String>) throws(FieldError) -> JSONValue {
        guard let step = path.first else { return value }
        let rest = path.dropFirst()
        switch self {
        case .object(var object):
            guard rest.isEmpty || object[step] != nil else { throw FieldError("no such member", at: [.key(step)]) }
            object[step] = rest.isEmpty ? value : try (object[step] ?? .null).adding(value, at: rest)
            return .object(object)
        case .array(var elements):
            if step == "-", rest.isEmpty {
                elements.append(value)
            } else if let index = Int(step),
                elements.indices.contains(index) || (rest.isEmpty && index == elements.count)
            {
                if rest.isEmpty {
                    elements.insert(value, at: index)
                } else {
                    elements[index] = try elements[index].adding(value, at: rest)
                }
            } else {
                throw FieldError("no such element", at: [.key(step)])
            }
            return .array(elements)
        default:
            throw FieldError("expected an object or a list, found \(kindName)", at: [.key(step)])
        }
    }
}
