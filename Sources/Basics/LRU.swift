/// A dictionary with a limit on entries and on cost, which drops the least recently used entries.
///
/// The entries are in an array and linked by index from the newest to the oldest. So every operation takes constant
/// time, and a look-up allocates no memory.
public struct LRU<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Node: Sendable {
        var key: Key
        var value: Value
        var cost: Int
        var newer: Int32
        var older: Int32
    }

    private static var none: Int32 { -1 }

    private var slots: [Key: Int32] = [:]
    private var nodes: [Node?] = []
    private var free: [Int32] = []
    private var newest = Self.none
    private var oldest = Self.none
    private let entries: Int
    private let costLimit: Int
    /// The sum of the costs of all entries.
    public private(set) var cost = 0

    /// Creates an empty cache for at most `entries` entries with a total cost of at most `cost`.
    public init(entries: Int, cost: Int = .max) {
        self.entries = max(1, min(entries, Int(Int32.max)))
        self.costLimit = max(1, cost)
    }

    /// The number of entries.
    public var count: Int { slots.count }

    /// The value of `key`, which becomes the most recently used.
    public mutating func value(for key: Key) -> Value? {
        guard let slot = slots[key] else { return nil }
        if slot != newest {
            unlink(slot)
            link(slot)
        }
        return nodes[Int(slot)]?.value
    }

    /// Sets the value of `key`, which becomes the most recently used, and drops the oldest entries over the limits.
    ///
    /// A value with a cost over the limit is not kept.
    public mutating func insert(_ value: Value, for key: Key, cost: Int = 1) {
        remove(key)
        guard cost <= costLimit else { return }
        let node = Node(key: key, value: value, cost: cost, newer: Self.none, older: Self.none)
        let slot: Int32
        if let reused = free.popLast() {
            slot = reused
            nodes[Int(slot)] = node
        } else {
            slot = Int32(nodes.count)
            nodes.append(node)
        }
        slots[key] = slot
        self.cost += cost
        link(slot)
        while slots.count > entries || self.cost > costLimit, let key = nodes[Int(oldest)]?.key {
            remove(key)
        }
    }

    /// Removes `key`.
    public mutating func remove(_ key: Key) {
        guard let slot = slots.removeValue(forKey: key) else { return }
        unlink(slot)
        cost -= nodes[Int(slot)]?.cost ?? 0
        nodes[Int(slot)] = nil
        free.append(slot)
    }

    private mutating func link(_ slot: Int32) {
        nodes[Int(slot)]?.newer = Self.none
        nodes[Int(slot)]?.older = newest
        if newest != Self.none { nodes[Int(newest)]?.newer = slot } else { oldest = slot }
        newest = slot
    }

    private mutating func unlink(_ slot: Int32) {
        guard let node = nodes[Int(slot)] else { return }
        if node.newer != Self.none { nodes[Int(node.newer)]?.older = node.older } else { newest = node.older }
        if node.older != Self.none { nodes[Int(node.older)]?.newer = node.newer } else { oldest = node.newer }
    }
}
