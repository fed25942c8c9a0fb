package import Basics
import Synchronization

/// A clock that changes only when a test advances it.
package final class ManualClock: Sendable {
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
    private let unixStart: Int
    private let (sleeps, slept) = AsyncStream.makeStream(of: Duration.self)

    /// Creates a clock whose wall-clock time starts at `unixTime`, in seconds since the start of 1970.
    package init(unixTime: Int = 1_790_000_000) {
        unixStart = unixTime
    }

    package var now: ContinuousClock.Instant { state.withLock { $0.now } }

    /// The clock as services use it.
    package var source: TimeSource {
        TimeSource(
            now: { self.now },
            wallTime: { (self.unixStart + Int(self.state.withLock { $0.passed.components.seconds })) * 1_000_000 },
            sleep: { try await self.sleep($0) }
        )
    }

    /// Advances the clock, and wakes the sleepers whose time has come.
    package func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.now += duration
            state.passed += duration
            let due = state.sleepers.filter { $0.value.until <= state.now }
            for id in due.keys { state.sleepers[id] = nil }
            return due.values.map(\.continuation)
        }
        for continuation in due { continuation.resume() }
    }

    /// Waits until a sleep begins, and returns its duration; each sleep is returned once.
    package func nextSleep() async -> Duration? {
        await sleeps.first { _ in true }
    }

    /// Waits until a task sleeps for `duration`.
    package func sleeper(for duration: Duration) async {
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
                slept.yield(duration)
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
