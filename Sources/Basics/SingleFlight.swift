import Synchronization

/// Performs one job for a key at a time, and gives its result to every caller that waits for it.
///
/// The jobs run in ``run(_:abandoned:)`` and not in their callers, so that a caller whose deadline passes neither ends a
/// job that others wait for nor loses its result.
public final class SingleFlight<Key: Hashable & Sendable, Input: Sendable, Output: Sendable>: Sendable {
    /// A job that is asked for and not done.
    public struct Pending: Sendable {
        /// When it was asked for.
        public let start: ContinuousClock.Instant
        fileprivate let key: Key
        fileprivate let input: Input
        fileprivate let output = Promise<Output>()

        /// The result, as soon as it is there; nil where the calling task is cancelled first.
        public func value() async -> Output? { await output.value() }
    }

    private struct State {
        var pending: [Key: Pending] = [:]
        var isStopped = false
    }

    private let state = Mutex(State())
    private let limit: Int
    /// Bounded by the number of pending jobs, which are counted before they get here.
    private let jobs: AsyncStream<Pending>
    private let queue: AsyncStream<Pending>.Continuation

    /// Creates one without jobs.
    ///
    /// - Parameter limit: How many jobs may be pending at once.
    public init(limit: Int = .max) {
        self.limit = limit
        (jobs, queue) = AsyncStream.makeStream(of: Pending.self)
    }

    /// The job for `key`; nil where none is pending.
    public func pending(for key: Key) -> Pending? { state.withLock { $0.pending[key] } }

    /// Joins the job for `key`, or starts it.
    ///
    /// A caller that keeps results asks its store first; another job may end in between, so that `perform` asks it
    /// once more.
    ///
    /// - Returns: The job; nil where there is none and no more may start.
    @discardableResult
    public func join(_ key: Key, _ input: Input) -> Pending? {
        let (job, isNew) = state.withLock { state -> (Pending?, Bool) in
            if let job = state.pending[key] { return (job, false) }
            guard !state.isStopped, state.pending.count < limit else { return (nil, false) }
            let job = Pending(start: .now, key: key, input: input)
            state.pending[key] = job
            return (job, true)
        }
        if isNew, let job { queue.yield(job) }
        return job
    }

    /// Performs the jobs side by side, until ``stop()`` or until its task is cancelled.
    ///
    /// It can be called once.
    ///
    /// - Parameters:
    ///   - perform: Does one job; it has to end soon after it is cancelled.
    ///   - abandoned: The result of a job that is not done when the run ends.
    public func run(
        _ perform: @escaping @Sendable (Key, Input) async -> Output,
        abandoned: (Key) -> Output
    ) async {
        await withDiscardingTaskGroup { group in
            for await job in jobs {
                group.addTask { self.finish(job, await perform(job.key, job.input)) }
            }
            stop()
            group.cancelAll()
        }
        for job in state.withLock({ Array($0.pending.values) }) { finish(job, abandoned(job.key)) }
    }

    /// Ends ``run(_:abandoned:)``: jobs under way are cancelled, and no more start.
    public func stop() {
        state.withLock { $0.isStopped = true }
        queue.finish()
    }

    private func finish(_ job: Pending, _ output: Output) {
        state.withLock { $0.pending[job.key] = nil }
        job.output.fulfill(output)
    }
}
