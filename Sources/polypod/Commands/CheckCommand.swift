import ArgumentParser
import ImageRegistry
import JSON
import PodAdmission

/// Says what the webhook would do with manifests, without a cluster.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Show what would become of the Pods of manifests: their classes, the patch, what is denied.",
        discussion: """
            With -o yaml it prints the manifests as they would be admitted, so that \
            'polypod check -f app/ -o yaml | kubectl apply -f -' needs no webhook; denied objects are left out.

            Exit codes: 0 nothing denied; 1 something denied, or with --strict unresolved; 2 bad input.
            """
    )

    /// The forms of output.
    enum Output: String, ExpressibleByArgument, CaseIterable {
        case text
        case json
        case yaml
    }

    @Option(
        name: [.short, .customLong("filename")],
        help: "A manifest, a folder of them, or - for standard input; may be given again."
    )
    var filename: [String]

    @Option(name: .shortAndLong, help: "Form of the output: text, json or yaml.")
    var output: Output = .text

    @Flag(help: "Exit with 1 also where nobody could tell what an image is.")
    var strict = false

    @OptionGroup var inspection: InspectionOptions

    func run() async throws {
        let documents = try ManifestFiles.read(filename)
        let policies = try inspection.policies()
        let timeout = Duration.seconds(inspection.timeout)
        let report = try await ImageInspector.withInspector(inspection.configuration()) { inspector in
            let images = ImageResolver(inspector: inspector)
            return try await ManifestCheck(policies: policies, images: images, timeout: timeout).report(on: documents)
        }
        if let warning = report.policyWarning { Terminal.standardError.write("polypod: warning: \(warning)\n") }
        let terminal = Terminal.standardOutput
        switch output {
        case .text: terminal.write(report.text(for: terminal))
        case .json: terminal.write(report.json.prettyText + "\n")
        case .yaml:
            terminal.write(try YAMLWriter.text(of: report.admitted))
            for result in report.results where !result.isAllowed {
                Terminal.standardError.write(result.text(for: .standardError))
            }
        }
        if report.results.contains(where: { !$0.isAllowed || strict && $0.isUnresolved }) { throw ExitCode(1) }
    }
}
