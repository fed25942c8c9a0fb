import Foundation
import Testing

/// Which targets a target may import.
///
/// Each target imports targets of earlier rows only, so that no arrow runs back.
private let allowedImports: KeyValuePairs<String, Set<String>> = [
    "JSON": [],
    "Basics": [],
    "PodAdmission": ["JSON"],
    "KubernetesAPI": ["JSON", "Basics"],
    "ServingCertificates": ["JSON", "Basics", "KubernetesAPI"],
    "ImageRegistry": ["JSON", "Basics", "PodAdmission"],
    "WebhookServer": ["JSON", "Basics", "PodAdmission"],
    "ClusterControllers": ["JSON", "Basics", "PodAdmission", "KubernetesAPI", "ImageRegistry"],
    "Observability": ["JSON", "Basics"],
    "Manifests": ["JSON", "Basics"],
    "NodeRuntime": ["JSON", "Basics"],
    "polypod-webhook": [
        "JSON", "Basics", "PodAdmission", "KubernetesAPI", "ServingCertificates", "ImageRegistry", "WebhookServer",
        "ClusterControllers", "Observability",
    ],
    "polypod": [
        "JSON", "Basics", "PodAdmission", "KubernetesAPI", "ServingCertificates", "ImageRegistry", "WebhookServer",
        "Observability", "Manifests", "NodeRuntime",
    ],
]

/// Targets that import no package, and the only modules from outside that they may import.
private let allowedModules: [String: Set<String>] = [
    "JSON": [],
    "Basics": ["Synchronization", "FoundationEssentials", "Glibc", "Musl", "Darwin"],
    "PodAdmission": [],
]

@Suite("Imports between the targets")
struct ImportTests {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let targets = allowedImports.map(\.key)

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// The imported modules of each Swift file of a target, by the file's path.
    private static func imports(of target: String) throws -> [String: Set<String>] {
        let folder = "Sources/\(target)"
        let files = FileManager.default.enumerator(atPath: root.appending(path: folder).path)
        let paths = (files?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(".swift") }
        return try Dictionary(
            uniqueKeysWithValues: paths.map { path in
                let lines = try text("\(folder)/\(path)").split(separator: "\n")
                let modules = lines.filter { $0.contains("import ") }.compactMap { line in
                    line.prefixMatch(of: importLine).map { String($0.output.1) }
                }
                return ("\(folder)/\(path)", Set(modules))
            }
        )
    }

    private static var importLine: Regex<(Substring, Substring)> {
        #/(?:@\S+ )*(?:(?:public|package|internal|private|fileprivate) )?import (?:(?:struct|class|enum|protocol|func|let|var|typealias) )?(\w+)/#
    }

    @Test func everyTargetHasARow() throws {
        let sources = Self.root.appending(path: "Sources")
        let folders = try FileManager.default.contentsOfDirectory(atPath: sources.path)
        // A module map names headers of the system, and no code of Polypod.
        let headers = folders.filter {
            FileManager.default.fileExists(atPath: "\(sources.path)/\($0)/module.modulemap")
        }
        let targets = Set(folders.filter { !$0.hasPrefix(".") }).subtracting(headers)
        #expect(targets == Set(Self.targets))
    }

    @Test func noRowNamesALaterOne() {
        for (index, row) in allowedImports.enumerated() {
            let earlier = Set(Self.targets[..<index])
            #expect(row.value.isSubset(of: earlier), "\(row.key) may not import \(row.value.subtracting(earlier))")
        }
    }

    @Test(arguments: targets)
    func filesImportAllowedTargetsOnly(target: String) throws {
        let row = try #require(allowedImports.first { $0.key == target })
        let files = try Self.imports(of: target)
        #expect(!files.isEmpty)
        for (path, modules) in files {
            let forbidden = modules.intersection(Self.targets).subtracting(row.value)
            #expect(forbidden.isEmpty, "\(path) imports \(forbidden.sorted())")
            guard let allowed = allowedModules[target] else { continue }
            let foreign = modules.subtracting(Self.targets).subtracting(allowed)
            #expect(foreign.isEmpty, "\(path) imports \(foreign.sorted())")
        }
    }

    /// A dependency that no file imports still orders the builds, and hides an arrow until somebody uses it.
    @Test(arguments: targets)
    func thePackageDeclaresWhatIsImported(target: String) throws {
        let package = try Self.text("Package.swift")
        let start = try #require(package.range(of: #"arget\(\s*name: "\#(target)""#, options: .regularExpression))
        let end = try #require(package[start.upperBound...].range(of: "swiftSettings")).lowerBound
        let strings = package[start.upperBound..<end].matches(of: #/"([\w-]+)"/#).map { String($0.output.1) }
        let declared = Set(strings).intersection(Self.targets)
        let imported = try Self.imports(of: target).values.reduce(into: Set()) { $0.formUnion($1) }
        #expect(declared == imported.intersection(Self.targets))
    }

    @Test func thePictureInTheDocumentsIsTheGraph() throws {
        let document = try Self.text("CONTRIBUTING.md")
        let drawn = document.matches(of: #/(?m)^ +([\w-]+) --> ([\w& -]+)$/#).flatMap { match in
            match.output.2.split(separator: "&").map { "\(match.output.1) \($0.trimmingCharacters(in: .whitespaces))" }
        }
        var imported: Set<String> = []
        for target in Self.targets {
            for modules in try Self.imports(of: target).values {
                for module in modules.intersection(Self.targets) { imported.insert("\(target) \(module)") }
            }
        }
        #expect(Set(drawn) == imported)
        #expect(drawn.count == imported.count)
    }
}
