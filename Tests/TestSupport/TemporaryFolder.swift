import Foundation

/// A temporary folder, removed together with this object.
package final class TemporaryFolder {
    package let path: String

    package init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("polypod-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes `text` to the file `name` atomically, and returns its path.
    @discardableResult
    package func write(_ text: String, to name: String) throws -> String {
        let file = path + "/" + name
        try Data(text.utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
        return file
    }
}

extension String {
    /// Writes this text to `file` atomically.
    package func writeAtomically(to file: String) throws {
        try Data(utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
    }
}
