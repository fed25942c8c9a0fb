/// The names of Polypod's blocks that are not a handler's.
enum BlockName {
    /// The version line of a file that Polypod created.
    static let file = "file"
    /// The version line added to a file that said nothing.
    static let version = "version"
    /// The setting for pulling images, shared by the handlers.
    static let images = "images"

    /// Whether `name` is a handler's.
    static func isHandler(_ name: String) -> Bool {
        WasmEngine.allCases.contains { $0.handler == name }
    }
}

/// Something a person should know that stops nothing.
public struct NodeNote: Equatable, Sendable {
    /// A stable code.
    public let code: String
    /// The text: what, and what to do.
    public let text: String

    init(_ code: String, _ text: String) {
        self.code = code
        self.text = text
    }
}
