import Basics
import PodAdmission
import Synchronization

/// Keeps values that expire, and renews them in time.
///
/// While a value that is due is renewed, callers still get the old value. A caller waits only if its key has no valid
/// value; all callers with the same key wait for the same request. ``run()`` performs the requests, so the deadline of
/// one caller does not cancel a request that other callers wait for.
final class RenewingStore<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    typealias Answer = Result<Expiring<Value>, RegistryFailure>

    /// Bounded, because keys come from the images of Pods that any user can create.
    private let values = Mutex(LRU<Key, Renewal<Value>>(entries: 256))
    /// Bounded by the number of look-ups under way, plus one renewal for each value.
    private let requests = SingleFlight<Key, Void, Answer>()
    private let settings: CloudSettings
    private let fetch: @Sendable (Key) async -> Answer
    private let onResult: @Sendable (RegistryFailure?) -> Void

    /// Creates an empty store.
    ///
    /// - Parameters:
    ///   - settings: Time limits and clocks.
    ///   - fetch: Gets a value. It must return soon after it is cancelled.
    ///   - onResult: Receives the failure of each fetch, or nil for a success.
    init(
        _ settings: CloudSettings,
        fetch: @escaping @Sendable (Key) async -> Answer,
        onResult: @escaping @Sendable (RegistryFailure?) -> Void = { _ in }
    ) {
        self.settings = settings
        self.fetch = fetch
        self.onResult = onResult
    }

    /// Gets the value for `key`, with its remaining lifetime.
    ///
    /// - Throws: ``RegistryFailure`` of the fetch, which can be a recent one, and `deadline` if the store is stopped.
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

    /// Performs the requests for values until ``stop()``, or until its task is cancelled.
    func run() async {
        await requests.run({ key, _ in await self.renew(key) }, abandoned: { _ in .failure(Self.late) })
    }

    /// Ends ``run()``; values that are kept stay available.
    func stop() { requests.stop() }

    private func renew(_ key: Key) async -> Answer {
        // Another request may have ended since the caller checked the value.
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

    private static var late: RegistryFailure { RegistryFailure(.deadline, "no response in time") }
}

/// The state of one value that expires: a state machine without its own clock.
///
/// A value is valid for its lifetime minus a margin, so that the caller has time to use it: a quarter of the lifetime,
/// at most 60 s. It is due for renewal after two thirds of its lifetime. After a failure the next attempt waits.
struct Renewal<Value: Sendable>: Sendable {
    /// What to do when a caller asks for the value.
    enum Step: Sendable {
        /// Return the value; if `isDue`, also start a renewal.
        case use(Expiring<Value>, isDue: Bool)
        /// Get a value.
        case fetch
        /// Fail: the last attempt failed a moment ago.
        case failed(RegistryFailure)
    }

    private struct Kept: Sendable {
        var value: Value
        var due: ContinuousClock.Instant
        var end: ContinuousClock.Instant
    }

    private var kept: Kept?
    private var failure: (reason: RegistryFailure, until: ContinuousClock.Instant)?

    /// The step for a caller at `now`.
    func step(at now: ContinuousClock.Instant) -> Step {
        let waits = failure.map { $0.until > now } ?? false
        if let kept, kept.end > now {
            return .use(Expiring(value: kept.value, lifetime: kept.end - now), isDue: kept.due <= now && !waits)
        }
        if waits, let failure { return .failed(failure.reason) }
        return .fetch
    }

    /// Keeps a value whose request started at `start`.
    mutating func succeed(_ fresh: Expiring<Value>, from start: ContinuousClock.Instant) {
        let margin = min(Duration.seconds(60), fresh.lifetime / 4)
        kept = Kept(
            value: fresh.value,
            due: start + fresh.lifetime * 2 / 3,
            end: start + fresh.lifetime - margin
        )
        failure = nil
    }

    /// Notes a failure, which prevents attempts until `end`; the old value stays.
    mutating func fail(_ reason: RegistryFailure, until end: ContinuousClock.Instant) {
        failure = (reason, end)
    }
}
