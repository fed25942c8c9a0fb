import TOMLKit

/// A parsed TOML document, for comparing the content of two texts.
indirect enum TOMLTree: Equatable, Sendable {
    /// A table.
    ///
    /// An inline table cannot be extended by headers. Equality ignores `isInline`.
    case table([String: TOMLTree], isInline: Bool = false)
    case array([TOMLTree])
    case string(String)
    case integer(Int)
    /// The bits of a floating-point number, because NaN has to be equal to itself here.
    case float(UInt64)
    case bool(Bool)
    /// A date or time as text.
    case moment(String)

    static func == (left: TOMLTree, right: TOMLTree) -> Bool {
        switch (left, right) {
        case (.table(let a, _), .table(let b, _)): a == b
        case (.array(let a), .array(let b)): a == b
        case (.string(let a), .string(let b)): a == b
        case (.integer(let a), .integer(let b)): a == b
        case (.float(let a), .float(let b)): a == b
        case (.bool(let a), .bool(let b)): a == b
        case (.moment(let a), .moment(let b)): a == b
        default: false
        }
    }

    /// Parses `text`; `file` is its name in error messages.
    ///
    /// - Throws: `config-syntax` with file, line and column.
    init(parsing text: String, file: String) throws(NodeError) {
        // The parser takes a C string and stops at a NUL.
        guard !text.utf8.contains(0) else { throw Self.syntax(file, "it contains a NUL byte") }
        // The parser makes a table of each part of a key, and a key with very many parts overflows the stack.
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
            let dots = line.prefix { $0 != UInt8(ascii: "=") }.count { $0 == UInt8(ascii: ".") }
            guard dots < 4 * Self.deepest else { throw Self.syntax(file, "its tables are nested too deep") }
        }
        if let fatal = TOMLHeaders.fatal(in: text) {
            throw Self.syntax("\(file):\(fatal.line + 1)", fatal.reason)
        }
        do {
            self = .table(try Self.members(try TOMLKit.TOMLTable(string: text), file: file, depth: 0))
        } catch let error as NodeError {
            throw error
        } catch let error as TOMLParseError {
            let place = error.source.begin
            throw Self.syntax("\(file):\(place.line):\(place.column)", error.description)
        } catch {
            throw Self.syntax(file, "it cannot be parsed")
        }
    }

    /// The bound on nested tables: more than any configuration has, and far from a stack overflow.
    private static let deepest = 256

    private static func members(
        _ table: TOMLKit.TOMLTable,
        file: String,
        depth: Int
    ) throws(NodeError) -> [String: TOMLTree] {
        guard depth < deepest else { throw syntax(file, "its tables are nested too deep: more than \(deepest)") }
        var members: [String: TOMLTree] = [:]
        for key in table.keys {
            // TOMLKit cuts a key at an escaped NUL, and then does not find the key's value.
            guard let value = table[key], members[key] == nil else {
                throw syntax(file, "it contains a key with a NUL")
            }
            members[key] = try TOMLTree(value.tomlValue, file: file, depth: depth + 1)
        }
        return members
    }

    private init(_ value: TOMLValue, file: String, depth: Int) throws(NodeError) {
        if let table = value.table {
            self = .table(try Self.members(table, file: file, depth: depth), isInline: table.inline)
        } else if let array = value.array {
            var elements: [TOMLTree] = []
            for index in 0..<array.count {
                elements.append(try TOMLTree(array[index].tomlValue, file: file, depth: depth + 1))
            }
            self = .array(elements)
        } else if let string = value.string {
            self = .string(string)
        } else if let integer = value.int {
            self = .integer(integer)
        } else if let bool = value.bool {
            self = .bool(bool)
        } else if let double = value.double {
            self = .float(double.bitPattern)
        } else {
            self = .moment(value.debugDescription)
        }
    }

    private static func syntax(_ place: String, _ reason: String) -> NodeError {
        NodeError(
            .configSyntax,
            "\(place): \(reason)",
            remedy: "correct the file; the runtime may not be able to read it either"
        )
    }

    // MARK: Values

    /// The members of a table, nil for other values.
    var members: [String: TOMLTree]? {
        if case .table(let members, _) = self { members } else { nil }
    }

    /// The text of a string, nil for other values.
    var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The value of a boolean, nil for other values.
    var bool: Bool? {
        if case .bool(let flag) = self { flag } else { nil }
    }

    /// The strings in an array, without other elements; empty for other values.
    var strings: [String] {
        if case .array(let elements) = self { elements.compactMap(\.string) } else { [] }
    }

    // MARK: Paths

    /// The value at `path`, nil if there is none.
    subscript(path: [String]) -> TOMLTree? {
        var current = self
        for key in path {
            guard let next = current.members?[key] else { return nil }
            current = next
        }
        return current
    }

    /// This document with `value` at `path`, and with the tables on the way.
    ///
    /// - Parameters:
    ///   - path: The path, of which missing tables are created.
    ///   - value: The new value.
    /// - Returns: The changed document; nil if a value on the way is not a table.
    func setting(_ path: ArraySlice<String>, to value: TOMLTree) -> TOMLTree? {
        guard let key = path.first else { return value }
        guard case .table(var members, let isInline) = self else { return nil }
        guard let inner = (members[key] ?? .table([:])).setting(path.dropFirst(), to: value) else { return nil }
        members[key] = inner
        return .table(members, isInline: isInline)
    }

    /// The number of keys of `path` that lead to a value which headers cannot extend; nil if they can extend all.
    ///
    /// Headers extend tables that are not inline.
    func closedStep(on path: [String]) -> Int? {
        var current = self
        for (index, key) in path.enumerated() {
            guard let next = current.members?[key] else { return nil }
            guard case .table(_, isInline: false) = next else { return index + 1 }
            current = next
        }
        return nil
    }

    /// Whether this document has all values of `other`, and possibly more.
    func includes(_ other: TOMLTree) -> Bool {
        guard case .table(let wanted, _) = other, case .table(let members, _) = self else { return self == other }
        return wanted.allSatisfy { members[$0.key]?.includes($0.value) ?? false }
    }

    /// A path as in a header, such as `plugins."io.containerd.grpc.v1.cri".containerd`.
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
