import PodAdmission

/// The output of `polypod check` for people.
struct CheckText {
    private let terminal: Terminal

    /// Creates the output for a terminal, which decides on colours, symbols and the width.
    init(for terminal: Terminal) { self.terminal = terminal }

    /// The whole report: a paragraph for each workload, then one line with the totals.
    func text(of report: CheckReport) -> String {
        report.results.map { text(of: $0) + "\n" }.joined() + summary(of: report) + "\n"
    }

    /// The paragraph for one workload.
    func text(of result: CheckResult) -> String {
        let evaluation = result.evaluation
        let workload = evaluation.workload
        let name = "\(workload.pod.metadata.namespace.map { "\($0)/" } ?? "")\(workload.metadata.displayName)"
        let head = "\(result.file):\(result.line)   \(workload.kind) \(terminal.styled(name, .heading))"
        if let skipped = evaluation.mutating.skipped { return "\(head)   left alone: \(skipped.rawValue)\n" }
        let isPlain = evaluation.mutating.containers.allSatisfy { $0.containerClass == .native }
        if isPlain, !result.isChanged, evaluation.validating.findings.isEmpty {
            return "\(head)   native, untouched\n"
        }
        var text = head + "\n" + evaluation.mutating.containers.table.text(for: terminal, indent: 2)
        let changes = evaluation.patch.flatMap(\.changes)
        if !changes.isEmpty {
            let lines = changes.map { "  " + terminal.styled("+ \($0.path): \($0.value)", .added) + "\n" }
            text += "\n" + lines.joined()
        }
        for change in evaluation.mutating.withheldPatch.flatMap(\.changes) {
            text += "\n  ~ DryRun, would add \(change.path): \(change.value)\n"
        }
        if !evaluation.validating.findings.isEmpty {
            text += "\n" + evaluation.validating.findings.map { self.text(of: $0) }.joined()
        }
        return text
    }

    /// A finding, with its remedy on a second line.
    private func text(of finding: Finding) -> String {
        let isDenied = finding.action == .deny
        let sign = isDenied ? terminal.cross : terminal.exclamation
        let head = terminal.styled("\(sign) \(finding.action.rawValue)", isDenied ? .denied : .warned)
        let subject = finding.container.map { "\($0): " } ?? ""
        return
            "  \(head)  \(finding.code.rawValue)  \(subject)\(finding.message)\n          \(terminal.arrow) \(finding.remedy)\n"
    }

    private func summary(of report: CheckReport) -> String {
        let denied = report.results.count { !$0.isAllowed }
        var parts = [
            Self.counted(report.results.count, "workload"), "\(report.results.count(where: \.isChanged)) changed",
            "\(denied) denied",
        ]
        let unresolved = report.results.count(where: \.isUnresolved)
        if unresolved > 0 { parts.append("\(unresolved) unresolved") }
        if report.passedOver > 0 { parts.append("\(Self.counted(report.passedOver, "other object")) passed over") }
        let images = Self.counted(report.images, "image")
        let requests = Self.counted(report.requests, "request")
        parts.append("\(images) looked up in \(report.elapsed.secondsText) s (\(requests))")
        return parts.joined(separator: terminal.dot)
    }

    private static func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}

extension [ContainerVerdict] {
    /// The table of containers with their images, classes and evidence.
    var table: Table {
        var table = Table(rows: [["CONTAINER", "IMAGE", "CLASS", "BECAUSE"]])
        for verdict in self {
            let kind = verdict.container.kind == .container ? "" : " (\(verdict.container.kind.rawValue))"
            table.rows.append([
                .init(verdict.container.name + kind), .init(verdict.container.image ?? "-"),
                .init(verdict.containerClass.rawValue, verdict.containerClass.style),
                .init(verdict.evidence.map(\.value).joined(separator: ", ")),
            ])
        }
        return table
    }
}

extension ContainerClass {
    /// The colour of the class in tables; nil for none.
    var style: Terminal.Style? {
        switch self {
        case .wasm: .wasm
        case .native: nil
        case .notRunnable: .denied
        case .unknown: .warned
        }
    }
}
