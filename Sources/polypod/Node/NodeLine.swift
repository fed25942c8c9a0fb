import NodeRuntime

/// One line of what is said of a node: a word, and what is to be said of it.
struct NodeLine {
    private let word: String
    private let rest: String

    init(_ word: String, _ rest: String) {
        self.word = word
        self.rest = rest
    }

    func text(for terminal: Terminal) -> String {
        "\(terminal.styled(word.padding(to: 14), .faint))\(rest)\n"
    }
}

extension NodeNote {
    /// The note for a person.
    func text(for terminal: Terminal) -> String {
        "\(terminal.styled("\(terminal.exclamation) note".padding(to: 14), .warned))\(text) [\(code)]\n"
    }
}

extension FileChange {
    /// What happens to the file.
    func text(isDone: Bool) -> String {
        let verb: (done: String, planned: String) =
            switch (before == nil, after == nil) {
            case (true, _): ("created", "create")
            case (false, true): ("removed", "remove")
            case (false, false): ("changed", "change")
            }
        return "\(path), \(isDone ? verb.done : verb.planned)"
    }

    /// `diff` with the colours of a diff.
    func text(of diff: String, for terminal: Terminal) -> String {
        diff.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            if line.hasPrefix("+") { return terminal.styled(String(line), .added) }
            return line.hasPrefix("-") ? terminal.styled(String(line), .denied) : String(line)
        }.joined(separator: "\n")
    }
}

extension BundleChange {
    /// What happens to the bundle.
    func text(isDone: Bool) -> String {
        let facts = bundle.map { "\($0.version.title), \($0.sizeText)" } ?? "of another version"
        return switch action {
        case .copy: "\(facts), \(isDone ? "copied" : "copy") to \(path)"
        case .replace: "\(facts), \(isDone ? "put in place of" : "replace") the one at \(path)"
        case .keep: "\(facts), already at \(path)"
        case .remove: "\(facts), \(isDone ? "removed" : "remove") from \(path)"
        case .none: "none of Polypod's to remove at \(path)"
        }
    }
}

extension RuntimeBundle {
    /// Its size for people.
    var sizeText: String {
        size < 1 << 20 ? "\((size + 1023) >> 10) kB" : "\((size + (1 << 19)) >> 20) MB"
    }
}
