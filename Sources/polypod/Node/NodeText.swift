import NodeRuntime

extension NodePlan {
    /// The plan for a person: what is there, what changes, line by line.
    func text(for terminal: Terminal) -> String {
        var text = NodeLine("host", host.facts.joined(separator: terminal.dot)).text(for: terminal)
        for bundle in bundles { text += NodeLine("bundle", bundle.text(isDone: false)).text(for: terminal) }
        for file in files where !file.isBackup {
            text += NodeLine("config", file.text(isDone: false)).text(for: terminal)
        }
        for file in files where file.isBackup {
            text += NodeLine("backup", file.text(isDone: false)).text(for: terminal)
        }
        if files.isEmpty { text += NodeLine("config", unchanged).text(for: terminal) }
        text += NodeLine("restart", restartText).text(for: terminal)
        for note in notes { text += note.text(for: terminal) }
        let diffs = files.filter { !$0.isBackup }.map { $0.text(of: $0.diff, for: terminal) }
        return text + diffs.map { "\n" + $0 }.joined()
    }

    var unchanged: String {
        isRemoval ? "nothing of Polypod's in \(host.target.path)" : "already right in \(host.target.path)"
    }

    private var restartText: String {
        switch restart {
        case nil: "not needed"
        case .service(let service): "\(service.unit), once; running Pods go on"
        case .byHand(let reason): "by hand: \(reason)"
        }
    }
}

extension NodeReport {
    /// The report for a person.
    func text(for terminal: Terminal) -> String {
        var text = NodeLine("host", plan.host.facts.joined(separator: terminal.dot)).text(for: terminal)
        for bundle in plan.bundles { text += NodeLine("bundle", bundle.text(isDone: true)).text(for: terminal) }
        for file in plan.files {
            text += NodeLine(file.isBackup ? "backup" : "config", file.text(isDone: true)).text(for: terminal)
        }
        if plan.files.isEmpty { text += NodeLine("config", plan.unchanged).text(for: terminal) }
        text += NodeLine("restart", restartText).text(for: terminal)
        for note in notes { text += note.text(for: terminal) }
        let engines = plan.engines.map(\.handler).joined(separator: ", ")
        let verb =
            if plan.isRemoval {
                plan.isEmpty ? "was not installed" : "uninstalled"
            } else {
                plan.isEmpty ? "already right, nothing changed" : "installed"
            }
        return text + terminal.styled("\(engines): \(verb)", .heading) + "\n"
    }

    private var restartText: String {
        switch restart {
        case .notNeeded: "not needed"
        case .done(let unit, let time): "\(unit), up again after \(time.secondsText) s"
        case .leftOut: "left out; takes effect when \(plan.host.kind.title) is started next"
        case .byHand(let reason): "restart \(plan.host.kind.title) yourself: \(reason)"
        }
    }
}

extension NodeStatus {
    /// The status for a person.
    func text(for terminal: Terminal) -> String {
        var text = NodeLine("host", host.facts.joined(separator: terminal.dot)).text(for: terminal)
        text += NodeLine("runs", process.map { "yes, process \($0)" } ?? "not that this program can see").text(
            for: terminal
        )
        for engine in engines {
            let state = engine.isRight ? "installed" : "not installed, or not right"
            text += NodeLine(engine.engine.handler, state).text(for: terminal)
            let bundle = engine.bundle.map { "\($0.version.title), \($0.sizeText) at \(engine.engine.folder)" }
            text += NodeLine("  bundle", bundle ?? engine.bundleProblem ?? "none").text(for: terminal)
            text += NodeLine("  config", engine.configProblem ?? "right in \(host.target.path)").text(for: terminal)
        }
        return text + notes.map { $0.text(for: terminal) }.joined()
    }
}
