import Basics

/// What one candidate knows of a lease: a value, without a clock or a connection.
///
/// As in client-go's leaderelection, nobody's clock is compared with somebody else's: a lease is free once it did not
/// change for its duration, as seen by this candidate. The holder gives up before that, by ``LeaseTiming/renewDeadline``
/// counted from before it asked for its last renewal, so that two never hold it at once.
struct LeaseState: Sendable, Equatable {
    let identity: String
    let timing: LeaseTiming
    private var seen: LeaseRecord?
    private var seenAt: ContinuousClock.Instant?
    private var renewedAt: ContinuousClock.Instant?

    /// A candidate called `identity`, which no other candidate may be.
    init(identity: String, timing: LeaseTiming = LeaseTiming()) {
        self.identity = identity
        self.timing = timing
    }

    /// Whether this candidate holds the lease at `now`.
    func isLeader(at now: ContinuousClock.Instant) -> Bool {
        renewedAt.map { now < $0 + timing.renewDeadline } ?? false
    }

    /// The lease was read.
    mutating func observed(_ record: LeaseRecord, at now: ContinuousClock.Instant) {
        if record != seen {
            seen = record
            seenAt = now
        }
        if record.holder != identity { renewedAt = nil }
    }

    /// What to write to take or to renew the lease; nil while it is another's.
    func claim(at now: ContinuousClock.Instant, wallTime: Int) -> LeaseRecord? {
        let time = Timestamp(microseconds: wallTime).text(.microseconds)
        var claim = LeaseRecord(
            holder: identity,
            seconds: Int(timing.duration.components.seconds),
            acquired: time,
            renewed: time
        )
        guard let seen, let seenAt else { return claim }
        claim.transitions = seen.transitions
        if seen.holder == identity {
            claim.acquired = seen.acquired
            return claim
        }
        guard seen.holder.isEmpty || now >= seenAt + .seconds(seen.seconds) else { return nil }
        claim.transitions += 1
        return claim
    }

    /// A claim was taken, which was asked for at `start`.
    mutating func wrote(_ record: LeaseRecord, askedAt start: ContinuousClock.Instant, now: ContinuousClock.Instant) {
        seen = record
        seenAt = now
        renewedAt = start
    }

    /// What to write to give the lease up; nil where it is another's.
    ///
    /// One second, as client-go has it: a duration of none is not valid.
    func release(wallTime: Int) -> LeaseRecord? {
        guard let seen, seen.holder == identity else { return nil }
        let time = Timestamp(microseconds: wallTime).text(.microseconds)
        return LeaseRecord(seconds: 1, acquired: time, renewed: time, transitions: seen.transitions)
    }

    /// The candidate does not lead any more, whatever the lease says.
    mutating func resign() { renewedAt = nil }
}
