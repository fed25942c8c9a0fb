import ArgumentParser
import JSON
import PodAdmission

/// Looks at policies before a cluster does.
struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Check policies, and show which one decides about which Pods.",
        subcommands: [PolicyLintCommand.self, PolicyExplainCommand.self]
    )
}

/// Says what is wrong with policies.
struct PolicyLintCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lint",
        abstract: "Check policies: errors of the schema, and what can never have an effect.",
        discussion: """
            All files are looked at together, as they would be in one cluster; objects of other kinds are passed over.

            Exit codes: 0 no error; 1 with --strict a warning; 2 an error.
            """
    )

    @Argument(help: "Files or folders with WasmPolicy objects in YAML or JSON, or - for standard input.")
    var files: [String]

    @Flag(help: "Exit with 1 also where there are warnings alone.")
    var strict = false

    func run() throws {
        let found = try PolicyFiles(files)
        let warnings = PolicyLint.warnings(about: found.policies)
        let terminal = Terminal.standardOutput
        terminal.write(Self.report(found, warnings: warnings, for: terminal))
        guard found.errors.isEmpty else { throw ExitCode(2) }
        if strict, !warnings.isEmpty { throw ExitCode(1) }
    }

    /// Errors, then warnings, then one line for all.
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

/// Says which policy decides about which Pods.
struct PolicyExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Show policies in the order they are asked, what each does, and which one decides.",
        discussion: """
            The Pods in question are those of -f, or any of --namespace. The labels of namespaces come from Namespace \
            objects in any of the files, or from --labels.
            """
    )

    @Argument(help: "Files or folders with WasmPolicy objects in YAML or JSON, or - for standard input.")
    var files: [String]

    @Option(name: .shortAndLong, help: "The namespace of Pods that name none.")
    var namespace: String?

    @Option(help: "The labels of --namespace, as key=value with commas between them.")
    var labels: String?

    @Option(
        name: [.short, .customLong("filename")],
        help: "A manifest of Pods or workloads, a folder of them, or -; may be given again."
    )
    var filename: [String] = []

    func validate() throws {
        guard labels == nil || namespace != nil else {
            throw ValidationError("--labels are those of a namespace: say --namespace, too")
        }
        _ = try parsedLabels()
    }

    func run() throws {
        let terminal = Terminal.standardOutput
        terminal.write(try explanation().text(for: terminal))
    }

    /// What there is to say.
    ///
    /// - Throws: ``BadInput`` for the first policy or manifest that cannot be used.
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

    /// The labels of `--labels`.
    private func parsedLabels() throws -> [String: String]? {
        guard let labels else { return nil }
        var parsed: [String: String] = [:]
        for pair in labels.split(separator: ",") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw ValidationError("--labels takes key=value, not \"\(pair)\"")
            }
            parsed[String(parts[0])] = String(parts[1])
        }
        return parsed
    }
}
