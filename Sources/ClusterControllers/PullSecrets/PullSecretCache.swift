/// Answers that are kept for a short time: a bounded value without a clock of its own.
///
/// Tenants decide how many secrets there are and how long each is, hence both bounds.
struct PullSecretCache: Sendable {
    private struct Entry: Sendable {
        var answer: PullSecretResult
        var end: ContinuousClock.Instant
        var cost: Int
    }

    private var entries: [PullSource: Entry] = [:]
    private let entryLimit: Int
    private let costLimit: Int
    /// The sum of the costs of all entries, in bytes, by estimate.
    private(set) var cost = 0

    init(entries: Int = 1024, cost: Int = 8 << 20) {
        entryLimit = entries
        costLimit = cost
    }

    /// How many entries there are, those among them whose time is over.
    var count: Int { entries.count }

    /// What is kept for `source` and still counts.
    func find(_ source: PullSource, at now: ContinuousClock.Instant) -> PullSecretResult? {
        guard let entry = entries[source], now < entry.end else { return nil }
        return entry.answer
    }

    /// Keeps an answer for as long as its kind counts, and drops what ends soonest until the bounds hold again.
    mutating func keep(_ answer: PullSecretResult, cost: Int, for source: PullSource, at now: ContinuousClock.Instant) {
        remove(source)
        guard let lifetime = answer.lifetime, cost <= costLimit else { return }
        entries[source] = Entry(answer: answer, end: now + lifetime, cost: cost)
        self.cost += cost
        while entries.count > entryLimit || self.cost > costLimit,
            let soonest = entries.min(by: { $0.value.end < $1.value.end })?.key
        {
            remove(soonest)
        }
    }

    private mutating func remove(_ source: PullSource) {
        cost -= entries.removeValue(forKey: source)?.cost ?? 0
    }
}
