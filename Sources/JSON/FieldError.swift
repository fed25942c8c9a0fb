/// The error for a field that does not match its schema, with its path.
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
    /// The problem and the expected value.
    public let reason: String

    /// Creates an error for the value that is being read; the callers add the steps of the path.
    public init(_ reason: String, at path: [Step] = []) {
        self.reason = reason
        self.path = path
    }

    /// The same error with `step` added at the start of the path.
    public func under(_ step: Step) -> FieldError {
        FieldError(reason, at: [step] + path)
    }

    /// The path in Kubernetes' form, such as `spec.containers[0].image`.
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

    /// The path and the reason.
    public var description: String { path.isEmpty ? reason : "\(pathText): \(reason)" }
}
