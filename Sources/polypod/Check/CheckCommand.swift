import ArgumentParser
import ImageRegistry
import JSON
import Manifests
import PodAdmission

/// Shows the webhook's decisions on manifests, without a cluster.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Show how the webhook would decide on the Pods of manifests: classes, patch and findings.",
        discussion: """
            With -o yaml it prints the manifests as they would be admitted, without the denied objects, so that \
            'polypod check -f app/ -o yaml | kubectl apply -f -' needs no webhook.

            Exit codes: 0 nothing denied; 1 something denied, or with --strict unresolved; 2 bad input.
            """
    )

    /// The formats of the output.
    enum Output: String, ExpressibleByArgument, CaseIterable {
        case text
        case json
        case yaml
    }

    @Option(
        name: [.short, .customLong("filename")],
        help: "A manifest, a folder of manifests, or - for standard input; may be repeated."
    )
    var filename: [String]

    @Option(name: .shortAndLong, help: "The format of the output: text, json or yaml.")
    var output: Output = .text

    @Flag(help: "Exit with 1 also if the class of a container is unknown.")
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
        case .text: terminal.write(CheckText(for: terminal).text(of: report))
        case .json: terminal.write(document: report.json.prettyText + "\n")
        case .yaml:
            terminal.write(document: try YAMLWriter.text(of: report.admitted))
            for result in report.results where !result.isAllowed {
                Terminal.standardError.write(CheckText(for: .standardError).text(of: result))
            }
        }
        if report.results.contains(where: { !$0.isAllowed || strict && $0.isUnresolved }) { throw ExitCode(1) }
    }
}
