import Synchronization

/// A progress bar on standard error, removed when the work is done.
final class ProgressLine: Sendable {
    private let terminal: Terminal
    private let label: String
    private let total: Int
    private let done = Mutex(0)

    /// Draws a bar for `total` steps; it writes nothing if the stream is not a terminal.
    init(_ label: String, total: Int, terminal: Terminal = .standardError) {
        self.label = label
        self.total = total
        self.terminal = terminal
        draw(0)
    }

    /// Counts one step and redraws the bar.
    func advance() {
        // Draws under the lock, so that the output of two steps does not mix.
        done.withLock { count in
            count += 1
            draw(count)
        }
    }

    /// Removes the bar.
    func finish() {
        guard terminal.isTerminal, total > 0 else { return }
        terminal.redraw(line: "")
    }

    private func draw(_ count: Int) {
        guard terminal.isTerminal, total > 0 else { return }
        let width = 24
        let filled = width * count / total
        let (full, empty) = terminal.isUnicode ? ("█", "░") : ("#", ".")
        let bar = String(repeating: full, count: filled) + String(repeating: empty, count: width - filled)
        terminal.redraw(line: "\(label) \(bar) \(count)/\(total)")
    }
}
