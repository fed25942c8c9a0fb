import PodAdmission

extension CheckReport {
    /// The run for a person: an object a paragraph, then one line for all.
    func text(for terminal: Terminal) -> String {
        results.map { $0.text(for: terminal) + "\n" }.joined() + summary(for: terminal) + "\n"
    }

    private func summary(for terminal: Terminal) -> String {
        let denied = results.count { !$0.isAllowed }
        var parts = [
            counted(results.count, "workload"), "\(results.count(where: \.isChanged)) changed", "\(denied) denied",
        ]
        let unresolved = results.count(where: \.isUnresolved)
        if unresolved > 0 { parts.append("\(unresolved) unresolved") }
        if passedOver > 0 { parts.append("\(counted(passedOver, "other object")) passed over") }
        parts.append(
            "\(counted(images, "image")) looked up in \(elapsed.secondsText) s (\(counted(requests, "request")))"
        )
        return parts.joined(separator: terminal.dot)
    }

    private func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}

extension CheckResult {
    /// The object for a person.
    func text(for terminal: Terminal) -> String {
        let workload = evaluation.workload
        let name = "\(workload.pod.metadata.namespace.map { "\($0)/" } ?? "")\(workload.metadata.displayName)"
        let head = "\(file):\(line)   \(workload.kind) \(terminal.styled(name, .heading))"
        if let skipped = evaluation.mutating.skipped { return "\(head)   left alone: \(skipped.rawValue)\n" }
        let isPlain = evaluation.mutating.containers.allSatisfy { $0.containerClass == .native }
        if isPlain, !isChanged, evaluation.validating.findings.isEmpty { return "\(head)   native, untouched\n" }
        var text = head + "\n" + evaluation.mutating.containers.table.text(for: terminal, indent: 2)
        let changes = evaluation.patch.flatMap(\.changes)
        if !changes.isEmpty {
            let lines = changes.map { "  " + terminal.styled("+ \($0.path): \($0.value)", .added) + "\n" }
            text += "\n" + lines.joined()
        }
        for notice in evaluation.mutating.withheldPatch.flatMap(\.changes) {
            text += "\n  ~ DryRun, would add \(notice.path): \(notice.value)\n"
        }
        if !evaluation.validating.findings.isEmpty {
            text += "\n" + evaluation.validating.findings.map { $0.text(for: terminal) }.joined()
        }
        return text
    }
}

extension [ContainerVerdict] {
    /// The containers with their classes.
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
    /// The colour of the class.
    var style: Terminal.Style? {
        switch self {
        case .wasm: .wasm
        case .native: nil
        case .notRunnable: .denied
        case .unknown: .warned
        }
    }
}

extension Finding {
    /// The finding for a person, with its remedy on a line of its own.
    func text(for terminal: Terminal) -> String {
        let isDenied = action == .deny
        let sign = isDenied ? terminal.cross : terminal.exclamation
        let head = terminal.styled("\(sign) \(action.rawValue)", isDenied ? .denied : .warned)
        let subject = container.map { "\($0): " } ?? ""
        return "  \(head)  \(code.rawValue)  \(subject)\(message)\n          \(terminal.arrow) \(remedy)\n"
    }
}
