import Basics

/// Decides which Events are created, which are counted on an existing Event, and which are dropped.
///
/// A value without a client or a clock. The rules are client-go's (tools/record, events_cache.go): an object gets 25
/// Events at once and then one every five minutes, and a repetition within ten minutes is counted on the same Event.
struct EventCorrelator: Sendable {
    /// An Event that the API server has.
    struct Series: Sendable, Equatable {
        /// The Event's name.
        var name: String
        /// How often it was seen.
        var count: Int
        /// When it was last seen.
        var last: ContinuousClock.Instant
    }

    /// What to do with an Event.
    enum Step: Sendable, Equatable {
        /// Create it.
        case create
        /// Set the count of the existing Event of this name.
        case count(name: String, Int)
        /// Drop it, because its object had too many.
        case drop
    }

    private var series: LRU<KubernetesEvent, Series>
    private var buckets: LRU<KubernetesEvent.Subject, TokenBucket>

    /// Creates a correlator that remembers at most `limit` Events and `limit` objects.
    init(limit: Int = 4096) {
        series = LRU(entries: limit)
        buckets = LRU(entries: limit)
    }

    /// Returns what to do with `event`, and takes a token of its object.
    mutating func step(for event: KubernetesEvent, at now: ContinuousClock.Instant) -> Step {
        var bucket = buckets.value(for: event.subject) ?? TokenBucket(burst: 25, interval: .seconds(300))
        guard bucket.take(at: now) else { return .drop }
        buckets.insert(bucket, for: event.subject)
        guard let seen = series.value(for: event), now - seen.last < .seconds(600) else { return .create }
        return .count(name: seen.name, seen.count + 1)
    }

    /// Notes that the API server accepted `event`.
    mutating func remember(_ event: KubernetesEvent, as series: Series) { self.series.insert(series, for: event) }

    /// Notes that the API server no longer has the Event that `event` was counted on.
    mutating func forget(_ event: KubernetesEvent) { series.remove(event) }
}
