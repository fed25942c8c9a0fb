/// A text that must not be shown: its own text, in logs and mirrors too, is another.
struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let value: String

    init(_ value: String) {
        self.value = value
    }

    var description: String { "redacted" }
    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(self, children: []) }
}
