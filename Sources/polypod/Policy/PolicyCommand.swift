import ArgumentParser
import JSON
import Manifests
import PodAdmission

/// The commands about policies.
struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Check policies, and show which policy decides about which Pods.",
        subcommands: [PolicyLintCommand.self, PolicyExplainCommand.self]
    )
}

/// Prints errors and warnings about policies.
struct PolicyLintCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lint",
        abstract: "Check policies for errors, and for parts that can have no effect.",
        discussion: """
            All files are checked together, as if they were in one cluster. Objects of other kinds are ignored.

            Exit codes: 0 no error; 1 a warning, with --strict; 2 an error.
            """
    )

    @Argument(help: "Files or folders with WasmPolicy objects in YAML or JSON, or - for standard input.")
    var files: [String]

    @Flag(help: "Exit with 1 if there are warnings.")
    var strict = false

    func run() throws {
        let found = try PolicyFiles(files)
        let warnings = PolicyLint.warnings(about: found.policies)
        let terminal = Terminal.standardOutput
        terminal.write(Self.report(found, warnings: warnings, for: terminal))
        guard found.errors.isEmpty else { throw ExitCode(2) }
        if strict, !warnings.isEmpty { throw ExitCode(1) }
    }

    /// The errors, the warnings, and a line with their numbers.
    static func report(_ found: PolicyFiles, warnings: [BadInput], for terminal: Terminal) -> String {
        let lines =
            found.errors.map { "\(terminal.styled("\(terminal.cross) error", .denied))    \($0)\n" }
            + warnings.map { "\(terminal.styled("\(terminal.exclamation) warning", .warned))  \($0)\n" }
        let counts = [
            (found.policies.count, "valid", "valid"), (found.errors.count, "error", "errors"),
            (warnings.count, "warning", "warnings"),
        ]
        return lines.joined()
            + counts.map { "\($0) \($0 == 1 ? $1 : $2)" }.joined(separator: terminal.dot) + "\n"
    }
}

/// Prints which policy decides about which Pods.
struct PolicyExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Show policies in the order of their precedence, what each does, and which one decides.",
        discussion: """
            The command explains the decision about the Pods of -f, or else about any Pod of --namespace. The labels of \
            namespaces come from Namespace objects in the files, or from --labels.
            """
    )

    @Argument(help: "Files or folders with WasmPolicy objects in YAML or JSON, or - for standard input.")
    var files: [String]

    @Option(name: .shortAndLong, help: "The namespace of Pods whose manifest has no namespace.")
    var namespace: String?

    @Option(help: "The labels of --namespace, as key=value, separated by commas.")
    var labels: String?

    @Option(
        name: [.short, .customLong("filename")],
        help: "A manifest of Pods or workloads, a folder, or - for standard input; may be repeated."
    )
    var filename: [String] = []

    func validate() throws {
        guard labels == nil || namespace != nil else {
            throw ValidationError("--labels needs --namespace")
        }
        _ = try parsedLabels()
    }

    func run() throws {
        let terminal = Terminal.standardOutput
        terminal.write(try explanation().text(for: terminal))
    }

    /// Reads the files and builds the explanation.
    ///
    /// - Throws: ``BadInput`` for the first policy or manifest that is not valid.
    func explanation() throws -> PolicyExplanation {
        let found = try PolicyFiles(files)
        if let error = found.errors.first { throw error }
        let manifests = try ManifestFiles.read(filename)
        var namespaces = try ManifestNamespaces(found.others + manifests)
        if let namespace, let labels = try parsedLabels() { namespaces[namespace] = labels }
        var subjects = try manifests.compactMap(subject)
        if subjects.isEmpty, let namespace {
            subjects = [.init(title: "a Pod without labels in \(namespace)", podLabels: [:], namespace: namespace)]
        }
        return PolicyExplanation(policies: found.policies, subjects: subjects, namespaces: namespaces)
    }

    /// The Pods of a manifest; nil for an object without Pods.
    private func subject(_ document: SourceDocument) throws -> PolicyExplanation.Subject? {
        let workload: Workload?
        do throws(FieldError) { workload = try Workload(document.value) } catch { throw document.badInput(error) }
        guard let workload else { return nil }
        let namespace = workload.pod.metadata.namespace ?? namespace ?? "default"
        return PolicyExplanation.Subject(
            title: "\(document.file):\(document.line) \(workload.kind) \(namespace)/\(workload.metadata.displayName)",
            podLabels: workload.pod.metadata.labels,
            namespace: namespace
        )
    }

    /// The labels of `--labels`; nil if there are none.
    private func parsedLabels() throws -> [String: String]? {
        guard let labels else { return nil }
        var parsed: [String: String] = [:]
        for pair in labels.split(separator: ",") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw ValidationError("--labels: expected key=value, found \"\(pair)\"")
            }
            parsed[String(parts[0])] = String(parts[1])
        }
        return parsed
    }
}
