/// What is known of one value that ends: a state machine without a clock of its own.
///
/// It is good for its life less a margin, since who is given it has to get through with it, and is due for renewal once
/// two thirds of its life are over. After a failure it is not tried again for a while.
struct Renewal<Value: Sendable>: Sendable {
    /// What to do for who wants the value.
    enum Step: Sendable {
        /// Hand out what there is; `isDue` says that a new one is to be got beside that.
        case use(Expiring<Value>, isDue: Bool)
        /// Get one.
        case fetch
        /// Do without: getting one failed a moment ago.
        case failed(RegistryFailure)
    }

    private struct Kept: Sendable {
        var value: Value
        var due: ContinuousClock.Instant
        var end: ContinuousClock.Instant
    }

    private var kept: Kept?
    private var failure: (reason: RegistryFailure, until: ContinuousClock.Instant)?

    func step(at now: ContinuousClock.Instant) -> Step {
        let waits = failure.map { $0.until > now } ?? false
        if let kept, kept.end > now {
            return .use(Expiring(value: kept.value, lifetime: kept.end - now), isDue: kept.due <= now && !waits)
        }
        if waits, let failure { return .failed(failure.reason) }
        return .fetch
    }

    /// A value came that was asked for at `start`.
    mutating func succeed(_ fresh: Expiring<Value>, from start: ContinuousClock.Instant) {
        let margin = min(Duration.seconds(60), fresh.lifetime / 4)
        kept = Kept(
            value: fresh.value,
            due: start + fresh.lifetime * 2 / 3,
            end: start + fresh.lifetime - margin
        )
        failure = nil
    }

    /// None came, and none is asked for until `end`; what is kept stays.
    mutating func fail(_ reason: RegistryFailure, until end: ContinuousClock.Instant) {
        failure = (reason, end)
    }
}
