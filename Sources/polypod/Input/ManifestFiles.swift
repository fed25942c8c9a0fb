import Foundation
import JSON
import PodAdmission
import Yams

/// Finds and reads manifests as `kubectl -f` does.
enum ManifestFiles {
    /// The endings of files that are read in a folder.
    private static let endings = ["yaml", "yml", "json"]

    /// Reads every object of `paths`: files, folders with all below them, or `-` for standard input.
    ///
    /// Lists are taken apart, so that each object stands for itself.
    ///
    /// - Throws: ``BadInput`` for what cannot be read or parsed.
    static func read(_ paths: [String]) throws -> [SourceDocument] {
        try paths.flatMap { path in
            try files(at: path).flatMap { file in try readDocuments(text(of: file), file: file).flatMap(\.items) }
        }
    }

    /// The text of one file, or of standard input for `-`.
    static func text(of file: String) throws -> String {
        let data: Data
        if file == "-" {
            data = FileHandle.standardInput.readDataToEndOfFile()
        } else {
            guard let found = FileManager.default.contents(atPath: file) else {
                throw BadInput(file: file, reason: "cannot be read")
            }
            data = found
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw BadInput(file: file, reason: "not UTF-8")
        }
        return text
    }

    /// The files that `path` stands for: itself, or those of a folder.
    static func files(at path: String) throws -> [String] {
        guard path != "-" else { return [path] }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw BadInput(file: path, reason: "no such file or folder")
        }
        guard isFolder.boolValue else { return [path] }
        let base = path.hasSuffix("/") ? String(path.dropLast()) : path
        let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
        let found = names.filter { endings.contains(($0 as NSString).pathExtension) }.sorted().map { "\(base)/\($0)" }
        guard !found.isEmpty else { throw BadInput(file: path, reason: "holds no .yaml, .yml or .json file") }
        return found
    }
}

extension SourceDocument {
    /// The object, or the objects of a list.
    fileprivate var items: [SourceDocument] {
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
