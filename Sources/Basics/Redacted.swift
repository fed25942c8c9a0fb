/// A value that holds a secret: descriptions, logs and mirrors show none of it.
///
/// A type that conforms may describe itself otherwise, as long as its description holds no secret.
public protocol Redacted: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {}

extension Redacted {
    /// The text `redacted`.
    public var description: String { "redacted" }
    /// The same as the description.
    public var debugDescription: String { description }
    /// A mirror without children, since `dump` and test failures print what a mirror has.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// A text that is a secret, such as a token.
public struct RedactedText: Redacted, Sendable, Hashable {
    /// The secret.
    public let value: String

    /// Wraps a secret.
    public init(_ value: String) {
        self.value = value
    }
}
