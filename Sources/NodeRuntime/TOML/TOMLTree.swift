import TOMLKit

/// A TOML document as a value, to compare what two texts say.
indirect enum TOMLTree: Equatable, Sendable {
    /// A table; whether it was written `{ inline }`, which cannot be extended elsewhere, is no part of its value.
    case table([String: TOMLTree], isInline: Bool = false)
    case array([TOMLTree])
    case string(String)
    case integer(Int)
    /// A floating-point number's bits, since NaN has to equal itself here.
    case float(UInt64)
    case bool(Bool)
    /// A date or time, as text.
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

    /// What the text says.
    ///
    /// - Throws: `config-syntax` with file, line and column.
    init(parsing text: String, file: String) throws(NodeError) {
        // The parser underneath takes a C string, and would read no further than this byte.
        guard !text.utf8.contains(0) else { throw Self.syntax(file, "it holds a NUL byte") }
        // Nor does it come back from a key of very many parts, each of which is a table.
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
            let dots = line.prefix { $0 != UInt8(ascii: "=") }.count { $0 == UInt8(ascii: ".") }
            guard dots < 4 * Self.deepest else { throw Self.syntax(file, "its tables are nested too deep") }
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

    /// Deeper than any configuration, and far from the end of the stack.
    private static let deepest = 256

    private static func members(
        _ table: TOMLKit.TOMLTable,
        file: String,
        depth: Int
    ) throws(NodeError) -> [String: TOMLTree] {
        guard depth < deepest else { throw syntax(file, "its tables are nested too deep: more than \(deepest)") }
        var members: [String: TOMLTree] = [:]
        for key in table.keys {
            // A key with an escaped NUL comes back cut, and is not found again.
            guard let value = table[key], members[key] == nil else { throw syntax(file, "it holds a key with a NUL") }
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
}
