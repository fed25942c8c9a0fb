/// The difference between two texts in the format of `diff -u`.
public enum UnifiedDiff {
    /// Compares two texts.
    ///
    /// - Parameters:
    ///   - old: The text before; nil if the file is created.
    ///   - new: The text after; nil if the file is removed.
    ///   - path: The path of the file.
    /// - Returns: The diff with three lines of context; empty if the texts are equal.
    public static func text(from old: String?, to new: String?, path: String) -> String {
        guard old != new else { return "" }
        let before = TextLines(old ?? "").lines
        let after = TextLines(new ?? "").lines
        let steps = steps(before, after)
        var text = "--- \(old == nil ? "/dev/null" : path)\n+++ \(new == nil ? "/dev/null" : path)\n"
        for hunk in hunks(steps) { text += header(steps, hunk) + hunk.map { line(steps[$0]) }.joined() }
        return text
    }

    private enum Step {
        case same(TextLines.Line)
        case removed(TextLines.Line)
        case added(TextLines.Line)

        var isSame: Bool {
            if case .same = self { true } else { false }
        }
    }

    private static func steps(_ old: [TextLines.Line], _ new: [TextLines.Line]) -> [Step] {
        let difference = new.difference(from: old)
        var removed: Set<Int> = []
        var added: [Int: TextLines.Line] = [:]
        for change in difference {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, let element, _): added[offset] = element
            }
        }
        var steps: [Step] = []
        var (left, right) = (0, 0)
        while left < old.count || right < new.count {
            if left < old.count, removed.contains(left) {
                steps.append(.removed(old[left]))
                left += 1
            } else if let line = added[right] {
                steps.append(.added(line))
                right += 1
            } else {
                steps.append(.same(old[left]))
                (left, right) = (left + 1, right + 1)
            }
        }
        return steps
    }

    /// The ranges of changed lines with their context; adjacent ranges are merged.
    private static func hunks(_ steps: [Step]) -> [Range<Int>] {
        var hunks: [Range<Int>] = []
        for (index, step) in steps.enumerated() where !step.isSame {
            let range = max(0, index - 3)..<min(steps.count, index + 4)
            if let last = hunks.last, last.upperBound >= range.lowerBound {
                hunks[hunks.count - 1] = last.lowerBound..<range.upperBound
            } else {
                hunks.append(range)
            }
        }
        return hunks
    }

    private static func header(_ steps: [Step], _ hunk: Range<Int>) -> String {
        func lines(_ range: Range<Int>, old: Bool) -> Int {
            steps[range].count { step in
                switch step {
                case .same: true
                case .removed: old
                case .added: !old
                }
            }
        }
        func span(old: Bool) -> String {
            let count = lines(hunk, old: old)
            // An empty span has the number of the line before it.
            return "\(lines(0..<hunk.lowerBound, old: old) + (count == 0 ? 0 : 1)),\(count)"
        }
        return "@@ -\(span(old: true)) +\(span(old: false)) @@\n"
    }

    private static func line(_ step: Step) -> String {
        let (sign, line) =
            switch step {
            case .same(let line): (" ", line)
            case .removed(let line): ("-", line)
            case .added(let line): ("+", line)
            }
        return sign + line.text + (line.ending.isEmpty ? "\n\\ No newline at end of file\n" : line.ending)
    }
}
