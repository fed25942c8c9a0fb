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

    /// Keys come from images, and those from anybody.
    private let values = Mutex(LRU<Key, Renewal<Value>>(entries: 256))
    /// Bounded by the look-ups under way, and by one renewal for each value.
    private let requests = SingleFlight<Key, Void, Answer>()
    private let settings: CloudSettings
    private let fetch: @Sendable (Key) async -> Answer
    private let onResult: @Sendable (RegistryFailure?) -> Void

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
    }

    /// The value for `key`, with what is left of its life.
    ///
    /// - Throws: The failure of getting one, also of a moment ago; `deadline` where the store is stopped.
    func value(for key: Key) async throws(RegistryFailure) -> Expiring<Value> {
        switch step(for: key) {
        case .use(let value, let isDue):
            if isDue { requests.join(key, ()) }
            return value
        case .failed(let failure):
            guard let pending = requests.pending(for: key) else { throw failure }
            return try await result(of: pending)
        case .fetch:
            guard let pending = requests.join(key, ()) else { throw Self.late }
            return try await result(of: pending)
        }
    }

    private func result(
        of pending: SingleFlight<Key, Void, Answer>.Pending
    ) async throws(RegistryFailure) -> Expiring<Value> {
        guard let answer = await pending.value() else { throw Self.late }
        return try answer.get()
    }

    private func step(for key: Key) -> Renewal<Value>.Step {
        let now = settings.now()
        return values.withLock { ($0.value(for: key) ?? Renewal()).step(at: now) }
    }

    /// Gets what is asked for until ``stop()``, or until its task is cancelled.
    func run() async {
        await requests.run({ key, _ in await self.renew(key) }, abandoned: { _ in .failure(Self.late) })
    }

    /// Ends ``run()``; what is kept is still handed out.
    func stop() { requests.stop() }

    private func renew(_ key: Key) async -> Answer {
        // Another request may have ended since the value was looked at.
        if case .use(let value, isDue: false) = step(for: key) { return .success(value) }
        let start = settings.now()
        let fetch = fetch
        let result = await TimeSource.system.withTimeout(settings.deadline) { await fetch(key) } ?? .failure(Self.late)
        let retry = settings.now() + settings.pause
        values.withLock { values in
            var renewal = values.value(for: key) ?? Renewal()
            switch result {
            case .success(let fresh): renewal.succeed(fresh, from: start)
            case .failure(let failure): renewal.fail(failure, until: retry)
            }
            values.insert(renewal, for: key)
        }
        if case .failure(let failure) = result { onResult(failure) } else { onResult(nil) }
        return result
    }

    private static var late: RegistryFailure { RegistryFailure(.deadline, "no answer in time") }
}
