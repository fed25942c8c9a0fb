/// A dictionary of at most `limit` entries that forgets what was used longest ago, by halves.
///
/// What is used moves to the newer half; when that is full, the older half is dropped and the newer becomes the older.
struct RecentMap<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private var newer: [Key: Value] = [:]
    private var older: [Key: Value] = [:]
    private let half: Int

    /// Creates an empty map of at most `limit` entries, two at least.
    init(limit: Int) { half = max(limit / 2, 1) }

    /// How many entries there are.
    var count: Int { newer.count + older.count }

    /// The value of `key`, which becomes one of the newest.
    mutating func value(for key: Key) -> Value? {
        if let value = newer[key] { return value }
        guard let value = older[key] else { return nil }
        insert(value, for: key)
        return value
    }

    /// Sets the value of `key`, which becomes one of the newest.
    mutating func insert(_ value: Value, for key: Key) {
        older[key] = nil
        if newer.count == half, newer[key] == nil {
            older = newer
            newer = [:]
        }
        newer[key] = value
    }

    /// Forgets `key`.
    mutating func remove(_ key: Key) {
        newer[key] = nil
        older[key] = nil
    }
}
