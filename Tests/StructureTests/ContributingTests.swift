import Foundation
import Testing

@Suite("The files that documents for contributors name")
struct ContributingTests {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let folders = ["Sources", "Tests", "deploy", "docs", "certs", "Benchmarks", ".ci", ".github"]

    /// The names of all Swift files, without their folders.
    private static var swiftFiles: Set<String> {
        let paths = ["Sources", "Tests"].flatMap { folder in
            FileManager.default.enumerator(atPath: root.appending(path: folder).path)?
                .compactMap { $0 as? String } ?? []
        }
        return Set(
            paths.filter { $0.hasSuffix(".swift") }.compactMap { $0.split(separator: "/").last.map(String.init) }
        )
    }

    @Test(
        "each path exists, and so does a file for each name of a Swift file",
        arguments: [
            ("CONTRIBUTING.md", 40, 15), ("Sources/PodAdmission/PodAdmission.docc/TheWayOfARequest.md", 15, -1),
        ]
    )
    func namesExist(document: String, leastPaths: Int, leastFiles: Int) throws {
        let text = try String(contentsOf: Self.root.appending(path: document), encoding: .utf8)
        // In "`NAMECommand.swift`", the reader replaces NAME.
        let names = Set(text.matches(of: /`([^`\s]+)`/).map { String($0.output.1) }.filter { !$0.contains("NAME") })
        let paths = names.filter { name in Self.folders.contains { name == $0 || name.hasPrefix("\($0)/") } }
        let files = names.subtracting(paths).filter { $0.hasSuffix(".swift") && $0 != "Package.swift" }
        #expect(paths.count > leastPaths)
        #expect(files.count > leastFiles)
        for path in paths.sorted() {
            #expect(FileManager.default.fileExists(atPath: Self.root.appending(path: path).path), "\(path)")
        }
        #expect(files.subtracting(Self.swiftFiles).sorted() == [])
    }
}
