import UnixSignals

/// Waits for a person, or a supervisor, to end the process.
enum Interruption {
    /// Returns when the process gets SIGINT or SIGTERM.
    static func wait() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { return }
    }
}
