import Basics
import Foundation

/// Finds and reads manifests like `kubectl apply -R -f`.
public enum ManifestFiles {
    /// The extensions of the files in a folder that are read.
    private static let extensions = ["yaml", "yml", "json"]

    /// The limit on the size of one file or of standard input, in bytes.
    private static let sizeLimit = 16 << 20

    /// Reads all objects of files, of folders with their subfolders, or of standard input for `-`.
    ///
    /// A `List` is replaced by its items.
    ///
    /// - Throws: ``BadInput`` for a file that cannot be read or parsed.
    public static func read(_ paths: [String]) throws -> [SourceDocument] {
        try paths.flatMap { path in
            try files(at: path).flatMap { file in
                try YAMLReader.documents(in: text(of: file), file: file).flatMap(\.items)
            }
        }
    }

    /// Reads one file, or standard input for `-`, and stops at the limit.
    ///
    /// - Throws: ``BadInput`` if it cannot be read, has more than 16 MiB or is not UTF-8.
    public static func text(of file: String) throws -> String {
        let bytes: [UInt8]
        do throws(BoundedFile.Failure) {
            bytes =
                file == "-"
                ? try BoundedFile.bytes(of: STDIN_FILENO, limit: sizeLimit)
                : try BoundedFile.bytes(of: file, limit: sizeLimit)
        } catch {
            throw BadInput(file: file, reason: "cannot be read: \(error)")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw BadInput(file: file, reason: "not UTF-8")
        }
        return text
    }

    /// The files at `path`: the file itself, or the manifests in a folder and its subfolders, sorted.
    ///
    /// - Throws: ``BadInput`` if there is no such file or folder, no manifest in the folder, or a pipe or device in it,
    ///   which could block or never end.
    public static func files(at path: String) throws -> [String] {
        guard path != "-" else { return [path] }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw BadInput(file: path, reason: "no such file or folder")
        }
        guard isFolder.boolValue else { return [path] }
        let base = path.hasSuffix("/") ? String(path.dropLast()) : path
        let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
        let found = names.filter { extensions.contains(($0 as NSString).pathExtension) }.sorted().map {
            "\(base)/\($0)"
        }
        guard !found.isEmpty else { throw BadInput(file: path, reason: "contains no .yaml, .yml or .json file") }
        for file in found where isPipeOrDevice(file) { throw BadInput(file: file, reason: "not a regular file") }
        return found
    }

    private static func isPipeOrDevice(_ path: String) -> Bool {
        let target = URL(filePath: path).resolvingSymlinksInPath().path(percentEncoded: false)
        let type = try? FileManager.default.attributesOfItem(atPath: target)[.type] as? FileAttributeType
        return type.map { $0 != .typeRegular && $0 != .typeDirectory } ?? false
    }
}
