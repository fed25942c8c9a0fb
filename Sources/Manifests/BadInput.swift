/// Input that is not valid: a file, a field in it, or an argument.
public struct BadInput: Error, CustomStringConvertible, Sendable {
    /// The file, `-` for standard input, or the argument.
    public let file: String
    /// The line, from 1; nil if it is not known.
    public var line: Int?
    /// The path to the field; nil if the error is about the whole file.
    public var field: String?
    /// What is wrong, and what is expected.
    public let reason: String

    /// Creates an error about a place in the input.
    public init(file: String, line: Int? = nil, field: String? = nil, reason: String) {
        self.file = file
        self.line = line
        self.field = field
        self.reason = reason
    }

    /// Such as `web.yaml:12: spec.containers[0].image: expected a string, found a number`.
    public var description: String {
        let place = line.map { "\(file):\($0)" } ?? file
        return [place, field, reason].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: ": ")
    }
}
