import Basics
import Synchronization

@testable import ClusterControllers

/// A clock on which every nap is over at once and takes its time; after so many naps it stands still.
///
/// Sleeps of exactly `limit` bound something else and never end on their own.
final class ScriptedTime: Sendable {
    private struct State {
        var now = ContinuousClock.now
        var naps: [Duration] = []
    }

    static let limit = Duration.seconds(9)
    private let state = Mutex(State())
    private let most: Int
    private let (stops, stop) = AsyncStream.makeStream(of: Void.self)

    init(naps: Int) {
        most = naps
    }

    var now: ContinuousClock.Instant { state.withLock { $0.now } }
    /// The naps so far, the one that stands still not among them.
    var naps: [Duration] { state.withLock { $0.naps } }
    var clock: TimeSource { TimeSource(now: { self.now }, sleep: { try await self.sleep($0) }) }

    func advance(by duration: Duration) { state.withLock { $0.now += duration } }

    /// Runs `body` until the clock stands still, then cancels it.
    func run(_ body: @escaping @Sendable () async throws -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await body() }
            for await _ in stops { break }
            group.cancelAll()
        }
    }

    private func sleep(_ duration: Duration) async throws {
        let isOver =
            duration != Self.limit
            && state.withLock { state in
                guard state.naps.count < most else { return false }
                state.naps.append(duration)
                state.now += duration
                return true
            }
        if isOver { return try Task.checkCancellation() }
        if duration != Self.limit { stop.yield() }
        try await Task.sleep(for: .seconds(3600))
    }
}
