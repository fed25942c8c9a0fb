/// A value with a secret that descriptions, logs and mirrors do not contain.
///
/// A conforming type can have another description if it contains no secret.
public protocol Redacted: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {}

extension Redacted {
    /// The text `redacted`.
    public var description: String { "redacted" }
    /// The same as the description.
    public var debugDescription: String { description }
    /// A mirror without children, because `dump` and test failures print them.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// A secret text, such as a token.
public struct RedactedText: Redacted, Sendable, Hashable {
    /// The secret.
    public let value: String

    /// Wraps a secret.
    public init(_ value: String) {
        self.value = value
    }
}
