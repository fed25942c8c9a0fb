import NodeRuntime

/// One line of output: a label of 14 columns and a text.
struct NodeLine {
    private let label: String
    private let content: String

    init(_ label: String, _ content: String) {
        self.label = label
        self.content = content
    }

    func text(for terminal: Terminal) -> String {
        "\(terminal.styled(label.padding(to: 14), .faint))\(content)\n"
    }
}

extension NodePlan {
    /// The plan for people: the host, one line for each change, the notes and the diffs.
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
        let diffs = files.filter { !$0.isBackup }.map { $0.colouredDiff(for: terminal) }
        return text + diffs.map { "\n" + $0 }.joined()
    }

    /// The text about a configuration that does not change.
    fileprivate var unchanged: String {
        "\(host.target.path), \(isRemoval ? "has no lines of Polypod's" : "already correct")"
    }

    private var restartText: String {
        switch restart {
        case nil: "not needed"
        case .service(let service): "\(service.unit), once; running Pods keep running"
        case .byHand(let reason): "by hand: \(reason)"
        }
    }
}

extension NodeReport {
    /// The report for people: the host, one line for each change, the notes and the result.
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
                plan.isEmpty ? "already installed, nothing changed" : "installed"
            }
        return text + terminal.styled("\(engines): \(verb)", .heading) + "\n"
    }

    private var restartText: String {
        switch restart {
        case .notNeeded: "not needed"
        case .done(let unit, let time): "\(unit), up again after \(time.secondsText) s"
        case .leftOut: "left out; the change takes effect at the next start of \(plan.host.kind.title)"
        case .byHand(let reason): "restart \(plan.host.kind.title) by hand: \(reason)"
        }
    }
}

extension NodeStatus {
    /// The status for people: the host, its runtime, and the bundle and handler of each engine.
    func text(for terminal: Terminal) -> String {
        var text = NodeLine("host", host.facts.joined(separator: terminal.dot)).text(for: terminal)
        let running = process.map { "yes, process \($0)" } ?? "no process is visible from here"
        text += NodeLine("runs", running).text(for: terminal)
        for engine in engines {
            let state = engine.isRight ? "installed" : "not installed, or not correctly"
            text += NodeLine(engine.engine.handler, state).text(for: terminal)
            let bundle = engine.bundle.map { "\($0.version.title), \($0.sizeText) at \(engine.engine.folder)" }
            text += NodeLine("  bundle", bundle ?? engine.bundleProblem ?? "none").text(for: terminal)
            let config = engine.configProblem ?? "\(host.target.path), correct"
            text += NodeLine("  config", config).text(for: terminal)
        }
        return text + notes.map { $0.text(for: terminal) }.joined()
    }
}

extension NodeNote {
    fileprivate func text(for terminal: Terminal) -> String {
        "\(terminal.styled("\(terminal.exclamation) note".padding(to: 14), .warned))\(text) [\(code)]\n"
    }
}

extension FileChange {
    /// The path and the action, in the past tense if `isDone`.
    fileprivate func text(isDone: Bool) -> String {
        let verb: (done: String, planned: String) =
            switch (before == nil, after == nil) {
            case (true, _): ("created", "create")
            case (false, true): ("removed", "remove")
            case (false, false): ("changed", "change")
            }
        return "\(path), \(isDone ? verb.done : verb.planned)"
    }

    /// The diff with added and removed lines in colour.
    fileprivate func colouredDiff(for terminal: Terminal) -> String {
        diff.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            if line.hasPrefix("+") { return terminal.styled(String(line), .added) }
            return line.hasPrefix("-") ? terminal.styled(String(line), .denied) : String(line)
        }.joined(separator: "\n")
    }
}

extension BundleChange {
    /// The versions and the action, in the past tense if `isDone`.
    fileprivate func text(isDone: Bool) -> String {
        let facts = bundle.map { "\($0.version.title), \($0.sizeText)" } ?? "of another version"
        return switch action {
        case .copy: "\(facts), \(isDone ? "copied" : "copy") to \(path)"
        case .replace: "\(facts), \(isDone ? "replaced" : "replace") the one at \(path)"
        case .keep: "\(facts), already at \(path)"
        case .remove: "\(facts), \(isDone ? "removed" : "remove") from \(path)"
        case .none: "no bundle of Polypod's to remove at \(path)"
        }
    }
}

extension RuntimeBundle {
    /// The size in kB below 1 MiB, otherwise in MB, for people.
    fileprivate var sizeText: String {
        size < 1 << 20 ? "\((size + 1023) >> 10) kB" : "\((size + (1 << 19)) >> 20) MB"
    }
}
