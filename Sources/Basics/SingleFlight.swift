import Synchronization

/// Performs one job for a key at a time, and gives its result to every caller that waits for it.
///
/// The jobs run in ``run(_:abandoned:)`` and not in their callers. A caller whose deadline passes ends no job that others
/// wait for. A job that nobody waits for any more continues, because the next caller can use its result, until its place
/// is needed.
public final class SingleFlight<Key: Hashable & Sendable, Input: Sendable, Output: Sendable>: Sendable {
    /// A job that was asked for and has not ended.
    public struct Pending: Sendable {
        /// When it was asked for.
        public let start: ContinuousClock.Instant
        fileprivate let key: Key
        fileprivate let input: Input
        fileprivate let share: String
        fileprivate let output = Promise<Output>()
        fileprivate let dropped = Promise<Void>()
        fileprivate let waiters = Waiters()

        /// Waits for the result; nil if the calling task is cancelled first.
        public func value() async -> Output? {
            waiters.count.add(1, ordering: .relaxed)
            defer { waiters.count.subtract(1, ordering: .relaxed) }
            return await output.value()
        }

        /// Whether nobody waits for the result at the moment.
        public var isAbandoned: Bool { waiters.count.load(ordering: .relaxed) == 0 }
    }

    fileprivate final class Waiters: Sendable {
        let count = Atomic<Int>(0)
    }

    private struct State {
        var pending: [Key: Pending] = [:]
        var isStopped = false

        /// Removes the oldest job of `jobs` that nobody waits for.
        mutating func dropOldest(where isCandidate: (Pending) -> Bool) -> Pending? {
            let abandoned = pending.values.filter { isCandidate($0) && $0.isAbandoned }
            guard let oldest = abandoned.min(by: { $0.start < $1.start }) else { return nil }
            pending[oldest.key] = nil
            return oldest
        }
    }

    private let state = Mutex(State())
    private let limit: Int
    private let shareLimit: Int
    /// Bounded by the number of pending jobs, which are counted before they are added.
    private let jobs: AsyncStream<Pending>
    private let queue: AsyncStream<Pending>.Continuation

    /// Creates one without jobs.
    ///
    /// - Parameters:
    ///   - limit: The number of jobs that can be pending at once.
    ///   - shareLimit: The number of jobs of one share that can be pending at once.
    public init(limit: Int = .max, shareLimit: Int = .max) {
        self.limit = limit
        self.shareLimit = shareLimit
        (jobs, queue) = AsyncStream.makeStream(of: Pending.self)
    }

    /// The job for `key`; nil if none is pending.
    public func pending(for key: Key) -> Pending? { state.withLock { $0.pending[key] } }

    /// Joins the job for `key`, or starts it.
    ///
    /// A caller that keeps results searches its store first. Another job can end in between, so `perform` must search it
    /// again. If there is no place for a new job, the oldest one that nobody waits for is cancelled: one of the same
    /// share if the share is full.
    ///
    /// - Parameters:
    ///   - key: The key of the job.
    ///   - input: The input of a new job.
    ///   - share: Whose places a new job uses, such as a namespace.
    /// - Returns: The job; nil if there is none and no more can start.
    @discardableResult
    public func join(_ key: Key, _ input: Input, share: String = "") -> Pending? {
        let (job, isNew, dropped) = state.withLock { state -> (Pending?, Bool, Pending?) in
            if let job = state.pending[key] { return (job, false, nil) }
            guard !state.isStopped else { return (nil, false, nil) }
            var dropped: Pending?
            if shareLimit < .max, state.pending.values.count(where: { $0.share == share }) >= shareLimit {
                dropped = state.dropOldest { $0.share == share }
                guard dropped != nil else { return (nil, false, nil) }
            } else if state.pending.count >= limit {
                dropped = state.dropOldest { _ in true }
                guard dropped != nil else { return (nil, false, nil) }
            }
            let job = Pending(start: .now, key: key, input: input, share: share)
            state.pending[key] = job
            return (job, true, dropped)
        }
        dropped?.dropped.fulfill(())
        if isNew, let job { queue.yield(job) }
        return job
    }

    /// Performs the jobs concurrently, until ``stop()`` or until its task is cancelled.
    ///
    /// It can be called once.
    ///
    /// - Parameters:
    ///   - perform: Does one job; it must end soon after it is cancelled.
    ///   - abandoned: The result of a job that is dropped, or has not ended when the run ends.
    public func run(
        _ perform: @escaping @Sendable (Key, Input) async -> Output,
        abandoned: @escaping @Sendable (Key) -> Output
    ) async {
        await withDiscardingTaskGroup { group in
            for await job in jobs {
                group.addTask { await self.perform(job, perform, abandoned) }
            }
            stop()
            group.cancelAll()
        }
        for job in state.withLock({ Array($0.pending.values) }) { finish(job, abandoned(job.key)) }
    }

    /// Performs a job until it ends or is dropped.
    private func perform(
        _ job: Pending,
        _ perform: @escaping @Sendable (Key, Input) async -> Output,
        _ abandoned: @escaping @Sendable (Key) -> Output
    ) async {
        await withDiscardingTaskGroup { group in
            group.addTask {
                self.finish(job, await perform(job.key, job.input))
                job.dropped.fulfill(())
            }
            // Only the first result counts, so this one is without effect for a job that has ended.
            if await job.dropped.value() != nil { self.finish(job, abandoned(job.key)) }
            group.cancelAll()
        }
    }

    /// Ends ``run(_:abandoned:)``: jobs under way are cancelled, and no more start.
    public func stop() {
        state.withLock { $0.isStopped = true }
        queue.finish()
    }

    private func finish(_ job: Pending, _ output: Output) {
        state.withLock { state in
            // A dropped job has given its place away, perhaps to another job for its key.
            if state.pending[job.key]?.output === job.output { state.pending[job.key] = nil }
        }
        job.output.fulfill(output)
    }
}
