/// A cache of results for a short time; a value without a clock.
///
/// It has a limit on entries and one on memory, because tenants decide on the number and the size of secrets.
struct PullSecretCache: Sendable {
    private struct Entry: Sendable {
        var result: PullSecretResult
        var expiry: ContinuousClock.Instant
        var cost: Int
    }

    private var entries: [PullSource: Entry] = [:]
    private let entryLimit: Int
    private let costLimit: Int
    /// The estimated memory of all entries, in bytes.
    private(set) var cost = 0

    /// Creates an empty cache with the limits on entries and on their memory in bytes.
    init(entries: Int = 1024, cost: Int = 8 << 20) {
        entryLimit = entries
        costLimit = cost
    }

    /// The number of entries, with those that have expired.
    var count: Int { entries.count }

    /// The result for `source`; nil if there is none or it has expired.
    func find(_ source: PullSource, at now: ContinuousClock.Instant) -> PullSecretResult? {
        guard let entry = entries[source], now < entry.expiry else { return nil }
        return entry.result
    }

    /// Stores a result for its lifetime, and removes the entries that expire first until the limits hold.
    ///
    /// - Parameters:
    ///   - result: The result; one without a lifetime only removes the entry.
    ///   - cost: The estimated memory in bytes.
    ///   - source: The object that the result is of.
    ///   - now: The time.
    mutating func insert(_ result: PullSecretResult, cost: Int, for source: PullSource, at now: ContinuousClock.Instant)
    {
        remove(source)
        guard let lifetime = result.lifetime, cost <= costLimit else { return }
        entries[source] = Entry(result: result, expiry: now + lifetime, cost: cost)
        self.cost += cost
        while entries.count > entryLimit || self.cost > costLimit,
            let first = entries.min(by: { $0.value.expiry < $1.value.expiry })?.key
        {
            remove(first)
        }
    }

    private mutating func remove(_ source: PullSource) {
        cost -= entries.removeValue(forKey: source)?.cost ?? 0
    }
}
