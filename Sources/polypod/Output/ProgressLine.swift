import Synchronization

/// One line on standard error that shows how far a long piece of work is; gone when the work is done.
final class ProgressLine: Sendable {
    private let terminal: Terminal
    private let label: String
    private let total: Int
    private let done = Mutex(0)

    /// Creates a line for `total` steps; on anything but a terminal it stays silent.
    init(_ label: String, total: Int, terminal: Terminal = .standardError) {
        self.label = label
        self.total = total
        self.terminal = terminal
        draw(0)
    }

    /// Counts one step.
    func advance() {
        // Drawn under the lock, so that lines of two steps do not mix.
        done.withLock { count in
            count += 1
            draw(count)
        }
    }

    /// Takes the line away.
    func finish() {
        guard terminal.isTerminal, total > 0 else { return }
        terminal.write("\r\u{1B}[K")
    }

    private func draw(_ count: Int) {
        guard terminal.isTerminal, total > 0 else { return }
        let width = 24
        let filled = width * count / total
        let (full, empty) = terminal.isUnicode ? ("█", "░") : ("#", ".")
        let bar = String(repeating: full, count: filled) + String(repeating: empty, count: width - filled)
        terminal.write("\r\u{1B}[K\(label) \(bar) \(count)/\(total)")
    }
}
