import Basics

/// The periods of a lease; the defaults are those of Kubernetes' own controllers (component-base,
/// config/v1alpha1/defaults.go).
struct LeaseTiming: Sendable, Equatable {
    /// The time without a renewal after which another candidate may take the lease.
    var duration: Duration = .seconds(15)
    /// The time without a renewal after which the holder stops leading.
    var renewDeadline: Duration = .seconds(10)
    /// The pause between two renewals, or between two reads of a candidate that waits.
    var retryPeriod: Duration = .seconds(2)
    /// The longest time of one request: the two requests of a renewal end before the deadline.
    var requestTimeout: Duration { renewDeadline / 3 }
}

/// The knowledge of one candidate about a lease: a value without a clock or a connection.
///
/// As in client-go's leaderelection, clocks of different machines are never compared: a lease is free if this candidate
/// saw no change of it for its duration. The holder stops leading earlier, ``LeaseTiming/renewDeadline`` after the start
/// of its last successful renewal, so that two candidates never lead at once.
struct LeaseState: Sendable, Equatable {
    let identity: String
    let timing: LeaseTiming
    private var seen: LeaseRecord?
    private var seenAt: ContinuousClock.Instant?
    private var renewedAt: ContinuousClock.Instant?

    /// A candidate named `identity`; no other candidate may have this name.
    init(identity: String, timing: LeaseTiming = LeaseTiming()) {
        self.identity = identity
        self.timing = timing
    }

    /// Whether this candidate leads at `now`.
    func isLeader(at now: ContinuousClock.Instant) -> Bool {
        renewedAt.map { now < $0 + timing.renewDeadline } ?? false
    }

    /// Records a read of the lease.
    mutating func observed(_ record: LeaseRecord, at now: ContinuousClock.Instant) {
        if record != seen {
            seen = record
            seenAt = now
        }
        if record.holder != identity { renewedAt = nil }
    }

    /// The record that takes or renews the lease; nil while another candidate holds it.
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

    /// Records a successful write of a claim; `start` is the time before the renewal's first request.
    mutating func wrote(_ record: LeaseRecord, askedAt start: ContinuousClock.Instant, now: ContinuousClock.Instant) {
        seen = record
        seenAt = now
        renewedAt = start
    }

    /// The record that releases the lease; nil if another candidate holds it.
    ///
    /// Its duration is one second, as in client-go, because zero is not valid.
    func release(wallTime: Int) -> LeaseRecord? {
        guard let seen, seen.holder == identity else { return nil }
        let time = Timestamp(microseconds: wallTime).text(.microseconds)
        return LeaseRecord(seconds: 1, acquired: time, renewed: time, transitions: seen.transitions)
    }

    /// Records that this candidate stops leading, even if the lease still names it.
    mutating func resign() { renewedAt = nil }
}
