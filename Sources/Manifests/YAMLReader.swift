import JSON
import Yams

/// Reads YAML and JSON into the values that the API server would see.
public enum YAMLReader {
    /// Reads every document of `text`; one with only comments is ignored, as by kubectl.
    ///
    /// - Throws: ``BadInput`` with file and line if the text is not valid, or has more than 250,000 values after its
    ///   aliases are expanded, or has nested aliases and keys that are not plain.
    public static func documents(in text: String, file: String) throws -> [SourceDocument] {
        if let line = AliasBounds(text).lineOfLargeKey {
            throw BadInput(file: file, line: line, reason: "a key beside nested aliases, which could be too large")
        }
        var documents: [SourceDocument] = []
        let marks = ByteOrderMarks(text)
        var converter = NodeConverter(file: file, marks: marks)
        do {
            for node in try compose_all(yaml: marks?.hidden ?? text).elements() {
                let value = try converter.value(of: node)
                if case .null = value { continue }
                documents.append(SourceDocument(file: file, line: node.mark?.line ?? 1, value: value, node: node))
            }
        } catch let error as YamlError {
            throw BadInput(file: file, line: error.line, reason: error.summary)
        }
        return documents
    }
}

extension YamlSequence {
    /// All elements, or the parser's error, at which iteration only stops.
    fileprivate func elements() throws -> [Element] {
        var elements: [Element] = []
        var sequence = self
        while let element = sequence.next() { elements.append(element) }
        if let error = sequence.error { throw error }
        return elements
    }
}

extension YamlError {
    /// The line of the error, from 1; nil if the parser does not report it.
    fileprivate var line: Int? {
        switch self {
        case .reader(_, _, _, _): nil
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
        case .duplicatedKeysInMapping(_, let context): context.mark.line
        default: nil
        }
    }

    /// The error without the excerpt of the text, which can contain a secret.
    fileprivate var summary: String {
        switch self {
        case .scanner(_, let problem, _, _), .parser(_, let problem, _, _), .composer(_, let problem, _, _):
            "not valid YAML: \(problem)"
        case .reader(let problem, _, _, _): "not valid YAML: \(problem)"
        case .duplicatedKeysInMapping(let keys, _):
            "not valid YAML: duplicate key in a mapping: \(keys.joined(separator: ", "))"
        default: "not valid YAML"
        }
    }
}

/// Converts parsed YAML into JSON values, as kubectl does with a manifest.
private struct NodeConverter {
    /// The limit on the values of one file, with its aliases expanded.
    private static let valueLimit = 250_000

    private let file: String
    /// The byte order marks that the parser did not see.
    private let marks: ByteOrderMarks?
    private var count = 0

    init(file: String, marks: ByteOrderMarks?) {
        self.file = file
        self.marks = marks
    }

    mutating func value(of node: Node) throws -> JSONValue {
        count += 1
        guard count <= Self.valueLimit else {
            throw BadInput(
                file: file,
                line: node.mark?.line,
                reason: "more than \(Self.valueLimit) values with aliases expanded"
            )
        }
        switch node {
        case .mapping(let mapping): return .object(try object(of: mapping))
        case .sequence(let sequence):
            var elements: [JSONValue] = []
            for element in sequence { elements.append(try value(of: element)) }
            return .array(elements)
        case .scalar(let scalar): return try value(of: scalar, node: node)
        case .alias:
            throw BadInput(file: file, line: node.mark?.line, reason: "an alias without an anchor")
        }
    }

    private mutating func object(of mapping: Node.Mapping) throws -> JSONObject {
        var object = JSONObject()
        var merged: [JSONObject.Member] = []
        var names: Set<String> = []
        for (key, element) in mapping {
            guard let name = key.scalar.map({ text(of: $0) }) else {
                throw BadInput(file: file, line: key.mark?.line, reason: "a key that is not a string")
            }
            let isMerge = key.tag.description == Tag.Name.merge.rawValue
            let value = try value(of: element)
            if isMerge {
                let sources = value.array ?? [value]
                merged += sources.compactMap(\.object).flatMap(\.members)
            } else {
                // The parser takes `1` and `"1"` for two keys; in JSON they are one.
                guard names.insert(name).inserted else {
                    throw BadInput(file: file, line: key.mark?.line, reason: "duplicate key in a mapping: \(name)")
                }
                object.members.append(.init(key: name, value: value))
            }
        }
        for member in merged where object[member.key] == nil { object.members.append(member) }
        return object
    }

    private func value(of scalar: Node.Scalar, node: Node) throws -> JSONValue {
        // In YAML 1.1, 12:30 is a number with base 60; for kubectl's parser it is a string.
        if scalar.style == .plain || scalar.style == .any, scalar.string.contains(":") {
            return .string(text(of: scalar))
        }
        switch node.tag.description {
        case Tag.Name.null.rawValue: return .null
        case Tag.Name.bool.rawValue: return node.bool.map { .bool($0) } ?? .string(text(of: scalar))
        case Tag.Name.int.rawValue:
            return node.int.map { .number(String($0)) } ?? Self.number(scalar.string)
        case Tag.Name.float.rawValue:
            guard let float = node.float, float.isFinite else {
                throw BadInput(file: file, line: node.mark?.line, reason: "a number that JSON cannot express")
            }
            return Self.number(scalar.string, else: String(float))
        default: return .string(text(of: scalar))
        }
    }

    private func text(of scalar: Node.Scalar) -> String {
        marks?.restored(scalar.string) ?? scalar.string
    }

    /// The number as written if JSON allows that form, so that it is not rounded; otherwise `other`, or a string.
    private static func number(_ text: String, else other: String? = nil) -> JSONValue {
        if case .number(let number)? = try? JSONParser.parse(text) { return .number(number) }
        return other.map { .number($0) } ?? .string(text)
    }
}
