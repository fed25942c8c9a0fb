import Basics
import Synchronization

@testable import ClusterControllers

/// A clock that stands still until a test moves it.
final class ManualClock: Sendable {
    private struct Sleeper {
        let duration: Duration
        let until: ContinuousClock.Instant
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now = ContinuousClock.now
        var passed = Duration.zero
        var ids = 0
        var sleepers: [Int: Sleeper] = [:]
        var cancelled: Set<Int> = []
        var waiters: [(duration: Duration, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())
    /// The time in seconds since the beginning of 1970 at which the clock starts.
    static let start = 1_790_000_000

    var now: ContinuousClock.Instant { state.withLock { $0.now } }

    /// The clock as a service wants it.
    var service: TimeSource {
        TimeSource(
            now: { self.now },
            wallTime: { (Self.start + Int(self.state.withLock { $0.passed.components.seconds })) * 1_000_000 },
            sleep: { try await self.sleep($0) }
        )
    }

    /// Moves on and wakes those whose time is over.
    func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.now += duration
            state.passed += duration
            let due = state.sleepers.filter { $0.value.until <= state.now }
            for id in due.keys { state.sleepers[id] = nil }
            return due.values.map(\.continuation)
        }
        for continuation in due { continuation.resume() }
    }

    /// Returns once somebody sleeps for `duration`.
    func sleeper(for duration: Duration) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.sleepers.values.contains(where: { $0.duration == duration }) { return true }
                state.waiters.append((duration, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    private func sleep(_ duration: Duration) async throws {
        let id = state.withLock { state in
            state.ids += 1
            return state.ids
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let (isCancelled, waiters) = state.withLock { state in
                    guard state.cancelled.remove(id) == nil else {
                        return (true, [CheckedContinuation<Void, Never>]())
                    }
                    state.sleepers[id] = Sleeper(
                        duration: duration,
                        until: state.now + duration,
                        continuation: continuation
                    )
                    let waiters = state.waiters.filter { $0.duration == duration }.map(\.continuation)
                    state.waiters.removeAll { $0.duration == duration }
                    return (false, waiters)
                }
                if isCancelled { continuation.resume(throwing: CancellationError()) }
                for waiter in waiters { waiter.resume() }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                guard let sleeper = state.sleepers.removeValue(forKey: id) else {
                    state.cancelled.insert(id)
                    return Sleeper?.none
                }
                return sleeper
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }
}
