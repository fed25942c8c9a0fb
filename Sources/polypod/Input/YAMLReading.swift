import Foundation
import JSON
import PodAdmission
import Yams

/// How large one manifest file may be.
private let sizeLimit = 16 << 20

/// How many values the documents of one file may hold with their aliases expanded.
private let valueLimit = 250_000

/// Reads every document of a YAML or JSON text.
///
/// - Throws: ``BadInput`` with file and line.
func readDocuments(_ text: String, file: String) throws -> [SourceDocument] {
    guard text.utf8.count <= sizeLimit else { throw BadInput(file: file, reason: "larger than 16 MiB") }
    var documents: [SourceDocument] = []
    var converter = NodeConverter(file: file)
    do {
        for node in try compose_all(yaml: text).throwing() {
            let value = try converter.value(of: node)
            // A document of comments alone is nothing, as it is for kubectl.
            if case .null = value { continue }
            documents.append(SourceDocument(file: file, line: node.mark?.line ?? 1, value: value, node: node))
        }
    } catch let error as YamlError {
        throw BadInput(file: file, line: error.line, reason: error.summary)
    }
    return documents
}

extension YamlSequence {
    /// The elements; the sequence itself ends silently at a fault.
    fileprivate func throwing() throws -> [Element] {
        var elements: [Element] = []
        var sequence = self
        while let element = sequence.next() { elements.append(element) }
        if let error = sequence.error { throw error }
        return elements
    }
}

extension YamlError {
    /// The line of the fault, from 1, where the parser tells.
    fileprivate var line: Int? {
        switch self {
        case .reader(_, _, _, _): nil
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
        case .duplicatedKeysInMapping(_, let context): context.mark.line
        default: nil
        }
    }

    /// The fault without the excerpt of the text, which may hold a secret.
    fileprivate var summary: String {
        switch self {
        case .scanner(_, let problem, _, _), .parser(_, let problem, _, _), .composer(_, let problem, _, _):
            "not valid YAML: \(problem)"
        case .reader(let problem, _, _, _): "not valid YAML: \(problem)"
        case .duplicatedKeysInMapping(let keys, _):
            "not valid YAML: a key stands twice in one mapping: \(keys.joined(separator: ", "))"
        default: "not valid YAML"
        }
    }
}

/// Turns parsed YAML into JSON values, as the API server does with a manifest.
private struct NodeConverter {
    let file: String
    private var count = 0

    init(file: String) { self.file = file }

    mutating func value(of node: Node) throws -> JSONValue {
        count += 1
        guard count <= valueLimit else {
            throw BadInput(file: file, line: node.mark?.line, reason: "more than \(valueLimit) values with its aliases")
        }
        switch node {
        case .mapping(let mapping): return .object(try object(of: mapping))
        case .sequence(let sequence):
            var elements: [JSONValue] = []
            for element in sequence { elements.append(try value(of: element)) }
            return .array(elements)
        case .scalar(let scalar): return try Self.value(of: scalar, node: node, file: file)
        case .alias:
            throw BadInput(file: file, line: node.mark?.line, reason: "an alias without its anchor")
        }
    }

    private mutating func object(of mapping: Node.Mapping) throws -> JSONObject {
        var object = JSONObject()
        var merged: [JSONObject.Member] = []
        for (key, element) in mapping {
            guard let name = key.scalar?.string else {
                throw BadInput(file: file, line: key.mark?.line, reason: "a key that is no string")
            }
            let isMerge = key.tag.description == Tag.Name.merge.rawValue
            let value = try value(of: element)
            if isMerge {
                let sources = value.array ?? [value]
                merged += sources.compactMap(\.object).flatMap(\.members)
            } else {
                object.members.append(.init(key: name, value: value))
            }
        }
        for member in merged where object[member.key] == nil { object.members.append(member) }
        return object
    }

    private static func value(of scalar: Node.Scalar, node: Node, file: String) throws -> JSONValue {
        // YAML 1.1 reads 12:30 as a number to the base of 60; kubectl's parser does not.
        if scalar.style == .plain || scalar.style == .any, scalar.string.contains(":") { return .string(scalar.string) }
        switch node.tag.description {
        case Tag.Name.null.rawValue: return .null
        case Tag.Name.bool.rawValue: return node.bool.map { .bool($0) } ?? .string(scalar.string)
        case Tag.Name.int.rawValue:
            return node.int.map { .number(String($0)) } ?? number(scalar.string)
        case Tag.Name.float.rawValue:
            guard let float = node.float, float.isFinite else {
                throw BadInput(file: file, line: node.mark?.line, reason: "a number that JSON does not have")
            }
            return number(scalar.string, else: String(float))
        default: return .string(scalar.string)
        }
    }

    /// The text as it was written where it is a JSON number, so that nothing is rounded.
    private static func number(_ text: String, else other: String? = nil) -> JSONValue {
        if case .number(let number)? = try? JSONParser.parse(text) { return .number(number) }
        return other.map { .number($0) } ?? .string(text)
    }
}
