import JSON
import PodAdmission
import Yams

/// One object of a manifest, with the place it came from.
struct SourceDocument {
    /// The file, or `-` for standard input.
    let file: String
    /// The line the object starts at, from 1.
    let line: Int
    /// The object.
    let value: JSONValue
    /// The object as it was parsed, for the lines of its fields.
    let node: Node?

    /// The error of a field in this object, with the line of the deepest step of its path that exists.
    func badInput(_ error: FieldError) -> BadInput {
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
}
