import Basics
import ImageRegistry

/// Which Events are written anew, which are counted on one that is there, and which are too many.
///
/// A value without a client or a clock. The rules are client-go's (tools/record, events_cache.go): an object gets 25 at
/// once and then one in five minutes, and what is said again within ten minutes is counted on the same Event.
struct EventCorrelator: Sendable {
    /// An Event that the API server has.
    struct Series: Sendable, Equatable {
        /// Its name.
        var name: String
        /// How often it was seen.
        var count: Int
        /// When it was seen last.
        var last: ContinuousClock.Instant
    }

    /// What becomes of an Event.
    enum Step: Sendable, Equatable {
        /// It is made.
        case create
        /// An Event of this name gets this count.
        case count(name: String, Int)
        /// It is dropped, since its object had too many.
        case drop
    }

    private var series: LRU<KubernetesEvent, Series>
    private var buckets: LRU<KubernetesEvent.Subject, TokenBucket>

    /// Creates a correlator that remembers `limit` Events and as many objects.
    init(limit: Int = 4096) {
        series = LRU(entries: limit)
        buckets = LRU(entries: limit)
    }

    /// What to do with `event`.
    mutating func step(for event: KubernetesEvent, at now: ContinuousClock.Instant) -> Step {
        var bucket = buckets.value(for: event.subject) ?? TokenBucket(burst: 25, interval: .seconds(300))
        guard bucket.take(at: now) else { return .drop }
        buckets.insert(bucket, for: event.subject)
        guard let seen = series.value(for: event), now - seen.last < .seconds(600) else { return .create }
        return .count(name: seen.name, seen.count + 1)
    }

    /// The API server has taken `event`.
    mutating func keep(_ event: KubernetesEvent, as series: Series) { self.series.insert(series, for: event) }

    /// The API server no longer has the Event that `event` was counted on.
    mutating func forget(_ event: KubernetesEvent) { series.remove(event) }
}
