extension TOMLTree {
    /// The members, for a table.
    var members: [String: TOMLTree]? {
        if case .table(let members, _) = self { members } else { nil }
    }

    /// The text, for a string.
    var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The flag, for a boolean.
    var bool: Bool? {
        if case .bool(let flag) = self { flag } else { nil }
    }

    /// The strings of an array, other elements left out.
    var strings: [String] {
        if case .array(let elements) = self { elements.compactMap(\.string) } else { [] }
    }

    /// What stands at `path`.
    subscript(path: [String]) -> TOMLTree? {
        var current = self
        for key in path {
            guard let next = current.members?[key] else { return nil }
            current = next
        }
        return current
    }

    /// This document with `value` at `path`, and with the tables on the way; nil where one of those is no table.
    func setting(_ path: ArraySlice<String>, to value: TOMLTree) -> TOMLTree? {
        guard let key = path.first else { return value }
        guard case .table(var members, let isInline) = self else { return nil }
        guard let inner = (members[key] ?? .table([:])).setting(path.dropFirst(), to: value) else { return nil }
        members[key] = inner
        return .table(members, isInline: isInline)
    }

    /// How many of the first steps of `path` lead to something that no header can extend: an inline table or no table.
    func closedStep(on path: [String]) -> Int? {
        var current = self
        for (index, key) in path.enumerated() {
            guard let next = current.members?[key] else { return nil }
            guard case .table(_, isInline: false) = next else { return index + 1 }
            current = next
        }
        return nil
    }

    /// Whether this document says at least what `other` says.
    func includes(_ other: TOMLTree) -> Bool {
        guard case .table(let wanted, _) = other, case .table(let members, _) = self else { return self == other }
        return wanted.allSatisfy { members[$0.key]?.includes($0.value) ?? false }
    }

    /// A path as a header writes it, such as `plugins."io.containerd.grpc.v1.cri".containerd`.
    static func header(_ path: [String]) -> String {
        path.map { key in
            let isBare = key.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
                default: false
                }
            }
            return isBare ? key : "\"\(key)\""
        }.joined(separator: ".")
    }
}
