/// The updates that are still to be written into the status of policies: a value without a client or a clock.
struct StatusQueue: Sendable, Equatable {
    /// The update of one policy.
    struct Item: Sendable, Equatable {
        var name: String
        /// Whether the conditions may have changed.
        var hasNewVersion: Bool
        /// How many Pods were decided under the policy since its last update.
        var pods: Int
    }

    private var versions: Set<String> = []
    private var pods: [String: Int] = [:]
    private var isFlushing = false

    /// Counts a Pod that was decided under the policy `name`.
    mutating func countPod(under name: String) { pods[name, default: 0] += 1 }

    /// Adds the policies that changed, and drops those that were removed.
    mutating func add(_ changes: [String: PolicyStore.Change]) {
        for (name, change) in changes {
            if change == .removed { remove(name) } else { versions.insert(name) }
        }
    }

    /// Drops all updates of the policy `name`.
    mutating func remove(_ name: String) {
        versions.remove(name)
        pods[name] = nil
    }

    /// Makes the counts of Pods due, which are due only after a flush.
    mutating func flush() { isFlushing = true }

    /// Takes out the updates that are due, in the order of the names.
    mutating func takeDue() -> [Item] {
        let names = versions.union(isFlushing ? Set(pods.keys) : [])
        let items = names.sorted().map { name in
            Item(name: name, hasNewVersion: versions.contains(name), pods: isFlushing ? pods[name] ?? 0 : 0)
        }
        versions = []
        if isFlushing { pods = [:] }
        isFlushing = false
        return items
    }

    /// Puts back an update that was not written, and adds it to what is queued for the policy since.
    mutating func putBack(_ item: Item) {
        if item.hasNewVersion { versions.insert(item.name) }
        if item.pods > 0 { pods[item.name, default: 0] += item.pods }
    }
}
