/// A field that does not hold what its schema asks for, with the path to it.
public struct FieldError: Error, Equatable, CustomStringConvertible {
    /// One step of a path.
    public enum Step: Sendable, Equatable {
        /// A member of an object.
        case key(String)
        /// An element of a list, from 0.
        case index(Int)
    }

    /// The steps from the document's root to the field.
    public private(set) var path: [Step]
    /// What is wrong with it and what was expected.
    public let reason: String

    /// Creates an error at the value being read; the readers above it add their steps.
    public init(_ reason: String, at path: [Step] = []) {
        self.reason = reason
        self.path = path
    }

    /// The same error, seen from the value that holds the field as `step`.
    public func under(_ step: Step) -> FieldError {
        FieldError(reason, at: [step] + path)
    }

    /// The path as Kubernetes writes it, such as `spec.containers[0].image`.
    public var pathText: String {
        var text = ""
        for step in path {
            switch step {
            case .index(let index): text += "[\(index)]"
            case .key(let key) where key.utf8.allSatisfy(Self.isPlain): text += text.isEmpty ? key : ".\(key)"
            case .key(let key): text += "[\"\(key)\"]"
            }
        }
        return text
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }

    /// The text for people.
    public var description: String { path.isEmpty ? reason : "\(pathText): \(reason)" }
}
