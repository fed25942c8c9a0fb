import PodAdmission
import Synchronization

/// Answers every image, and notes what was asked.
final class LookUps: ImageResolving {
    private struct State {
        var asked: [String] = []
        var active = 0
        var mostActive = 0
    }

    private let state = Mutex(State())
    private let answer: @Sendable (String) -> ImageAnswer
    private let hold: @Sendable (String) async -> Void

    /// What was asked, with whose secrets.
    var asked: [String] { state.withLock { $0.asked } }
    /// How many were looked up at once.
    var mostActive: Int { state.withLock { $0.mostActive } }

    /// Creates the fake; `hold` returns when an image can be answered.
    init(
        hold: @escaping @Sendable (String) async -> Void = { _ in },
        answer: @escaping @Sendable (String) -> ImageAnswer = { _ in .unresolved(UnresolvedReason(.notFound, "no")) }
    ) {
        self.hold = hold
        self.answer = answer
    }

    func reports(on query: ImageQuery) async -> [ImageReport] {
        let secrets = query.pullSecrets.map { " \($0.namespace)/\($0.serviceAccountName ?? "")" } ?? ""
        state.withLock { state in
            state.asked += query.images.map { "\($0)\(secrets)" }
            state.active += 1
            state.mostActive = max(state.mostActive, state.active)
        }
        for image in query.images { await hold(image) }
        for _ in 0..<20 { await Task.yield() }
        state.withLock { $0.active -= 1 }
        return query.images.map { ImageReport(image: $0, answer: answer($0)) }
    }

    /// Holds for ever, or until the look-up is cancelled.
    static func never() async {
        let (nothing, entry) = AsyncStream.makeStream(of: Void.self)
        for await _ in nothing {}
        entry.finish()
    }
}
