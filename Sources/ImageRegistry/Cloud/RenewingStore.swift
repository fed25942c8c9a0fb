import Basics
import PodAdmission
import Synchronization

/// Keeps values that end, and gets new ones in time.
///
/// A value that is due is renewed while it goes on being handed out. Only who comes when there is none waits, all of
/// those for one request, and only for their own key. The work is done by ``run()``, so that nobody's deadline ends what
/// others wait for.
final class RenewingStore<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    typealias Answer = Result<Expiring<Value>, RegistryFailure>

    private struct State {
        /// Keys come from images, and those from anybody.
        var values = LRU<Key, Renewal<Value>>(entries: 256)
        var flights: [Key: Promise<Answer>] = [:]
        var isStopped = false
    }

    private enum Found {
        case answer(Answer)
        case flight(Promise<Answer>)
    }

    private let state = Mutex(State())
    private let settings: CloudSettings
    private let fetch: @Sendable (Key) async -> Answer
    private let onResult: @Sendable (RegistryFailure?) -> Void
    private let jobs: AsyncStream<Key>
    private let queue: AsyncStream<Key>.Continuation

    /// Creates a store.
    ///
    /// - Parameters:
    ///   - settings: Deadlines and clocks.
    ///   - fetch: Gets a value; it has to end soon after it is cancelled.
    ///   - onResult: Told how each of them went.
    init(
        _ settings: CloudSettings,
        fetch: @escaping @Sendable (Key) async -> Answer,
        onResult: @escaping @Sendable (RegistryFailure?) -> Void = { _ in }
    ) {
        self.settings = settings
        self.fetch = fetch
        self.onResult = onResult
        // Bounded by the look-ups under way, and by one renewal for each value.
        (jobs, queue) = AsyncStream.makeStream(of: Key.self)
    }

    /// The value for `key`, with what is left of its life.
    func value(for key: Key) async throws(RegistryFailure) -> Expiring<Value> {
        switch find(key) {
        case .answer(let answer): return try answer.get()
        case .flight(let flight):
            guard let answer = await flight.value() else { throw Self.late }
            return try answer.get()
        }
    }

    private func find(_ key: Key) -> Found {
        let now = settings.now()
        let (found, isNew) = state.withLock { state -> (Found, Bool) in
            let step = (state.values.value(for: key) ?? Renewal()).step(at: now)
            if case .use(let value, let isDue) = step {
                let isNew = isDue && !state.isStopped && state.flights[key] == nil
                if isNew { state.flights[key] = Promise() }
                return (.answer(.success(value)), isNew)
            }
            if let flight = state.flights[key] { return (.flight(flight), false) }
            if case .failed(let failure) = step { return (.answer(.failure(failure)), false) }
            if state.isStopped { return (.answer(.failure(Self.late)), false) }
            let flight = Promise<Answer>()
            state.flights[key] = flight
            return (.flight(flight), true)
        }
        if isNew { queue.yield(key) }
        return found
    }

    /// Gets what is asked for until ``stop()``, or until its task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await key in jobs {
                group.addTask { await self.renew(key) }
            }
            stop()
            group.cancelAll()
        }
        let left = state.withLock { state in
            defer { state.flights = [:] }
            return Array(state.flights.values)
        }
        for flight in left { flight.fulfill(.failure(Self.late)) }
    }

    /// Ends ``run()``; what is kept is still handed out.
    func stop() {
        state.withLock { $0.isStopped = true }
        queue.finish()
    }

    private func renew(_ key: Key) async {
        let start = settings.now()
        let fetch = fetch
        let result = await TimeSource.system.withTimeout(settings.deadline) { await fetch(key) } ?? .failure(Self.late)
        let retry = settings.now() + settings.pause
        let flight = state.withLock { state -> Promise<Answer>? in
            var renewal = state.values.value(for: key) ?? Renewal()
            switch result {
            case .success(let fresh): renewal.succeed(fresh, from: start)
            case .failure(let failure): renewal.fail(failure, until: retry)
            }
            state.values.insert(renewal, for: key)
            return state.flights.removeValue(forKey: key)
        }
        flight?.fulfill(result)
        if case .failure(let failure) = result { onResult(failure) } else { onResult(nil) }
    }

    private static var late: RegistryFailure { RegistryFailure(.deadline, "no answer in time") }
}
