import ImageRegistry
import PodAdmission
import Synchronization

/// Answers every image, and notes what was asked.
final class LookUps: ImageInspecting {
    private struct State {
        var asked: [String] = []
        var active = 0
        var mostActive = 0
    }

    private let state = Mutex(State())
    private let answer: @Sendable (String) -> ImageAnswer
    private let hold: @Sendable (String) async -> Void

    /// What was asked, with the secrets that could not be read.
    var asked: [String] { state.withLock { $0.asked } }
    /// How many were looked up at once.
    var mostActive: Int { state.withLock { $0.mostActive } }

    /// - Parameter hold: Returns when an image may be answered.
    init(
        hold: @escaping @Sendable (String) async -> Void = { _ in },
        answer: @escaping @Sendable (String) -> ImageAnswer = { _ in .unresolved(UnresolvedReason(.notFound, "no")) }
    ) {
        self.hold = hold
        self.answer = answer
    }

    func answers(
        for images: [String],
        credentials: PullCredentials,
        deadline: ContinuousClock.Instant
    ) async -> [String: ImageAnswer] {
        state.withLock { state in
            state.asked += images.map { "\($0)\(credentials.unread.map { " \($0)" }.joined())" }
            state.active += 1
            state.mostActive = max(state.mostActive, state.active)
        }
        for image in images { await hold(image) }
        for _ in 0..<20 { await Task.yield() }
        state.withLock { $0.active -= 1 }
        return Dictionary(uniqueKeysWithValues: images.map { ($0, answer($0)) })
    }

    /// Holds for ever, or until the look-up is cancelled.
    static func never() async {
        let (nothing, entry) = AsyncStream.makeStream(of: Void.self)
        for await _ in nothing {}
        entry.finish()
    }
}
