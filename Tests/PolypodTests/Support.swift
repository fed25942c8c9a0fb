import Basics
import Foundation
import JSON
import Manifests
import PodAdmission

@testable import polypod

/// The files of this repository.
enum Repository {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized

    static func path(_ path: String) -> String { folder.appending(path: path).path(percentEncoded: false) }

    static func text(_ path: String) throws -> String {
        try String(contentsOf: folder.appending(path: path), encoding: .utf8)
    }

    /// The first document of a file in YAML or JSON.
    static func document(_ path: String) throws -> JSONValue {
        try YAMLReader.documents(in: text(path), file: path).first?.value ?? .null
    }

    /// The files in `folder` and its subfolders with the suffix, sorted.
    static func files(in folder: String, ending: String) -> [String] {
        let found = FileManager.default.enumerator(atPath: path(folder))?.compactMap { $0 as? String } ?? []
        return found.filter { $0.hasSuffix(ending) }.sorted().map { "\(folder)/\($0)" }
    }
}

/// Runs `work` with a temporary folder that contains `files`.
func withFiles<Result>(_ files: [String: String], _ work: (_ folder: String) throws -> Result) throws -> Result {
    let folder = NSTemporaryDirectory() + "/polypod-" + UUID().uuidString.prefix(8)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for (name, text) in files { try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)")) }
    return try work(folder)
}
