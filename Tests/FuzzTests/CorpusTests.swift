import Foundation
import Testing

/// Runs every kept input again; `make fuzz` finds new ones.
@Suite("Inputs that fuzzing keeps")
struct CorpusTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus")

    @Test(arguments: FuzzedParser.all.map(\.name))
    func everyInputIsHarmless(name: String) throws {
        let parser = try #require(FuzzedParser.all.first { $0.name == name })
        let inputs = try FileManager.default.contentsOfDirectory(
            at: Self.folder.appending(path: name),
            includingPropertiesForKeys: nil
        )
        #expect(inputs.count >= 5, "\(name): too few inputs to start from")
        for input in inputs {
            let fault = parser.fault([UInt8](try Data(contentsOf: input)))
            #expect(fault == nil, "\(name)/\(input.lastPathComponent)")
        }
    }

    @Test func everyFolderHasAParser() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(Set(folders) == Set(FuzzedParser.all.map(\.name)))
    }
}
