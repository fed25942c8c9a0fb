public import JSON
import Yams

/// One object of a manifest, with its file and line.
public struct SourceDocument {
    /// The file, or `-` for standard input.
    public let file: String
    /// The line at which the object starts, from 1.
    public let line: Int
    /// The object.
    public let value: JSONValue
    /// The object in YAML, for the lines of its fields.
    let node: Node?

    /// `error` with file and line: the line of the field, or of the deepest step of its path that exists.
    public func badInput(_ error: FieldError) -> BadInput {
        var current = node
        var line = self.line
        for step in error.path {
            switch step {
            case .key(let key): current = current?.mapping?[Node(key)]
            case .index(let index):
                let elements = current?.sequence.map(Array.init) ?? []
                current = elements.indices.contains(index) ? elements[index] : nil
            }
            guard let found = current?.mark?.line else { break }
            line = found
        }
        return BadInput(file: file, line: line, field: error.pathText, reason: error.reason)
    }
    /// The object, or the objects of a `List`, also of lists in it.
    public var items: [SourceDocument] {
        guard let kind = value["kind"]?.string, kind.hasSuffix("List"), let items = value["items"]?.array else {
            return [self]
        }
        let nodes = node?.mapping?["items"]?.sequence.map(Array.init) ?? []
        return items.enumerated().flatMap { index, item in
            let node = nodes.indices.contains(index) ? nodes[index] : nil
            return SourceDocument(file: file, line: node?.mark?.line ?? line, value: item, node: node).items
        }
    }
}
