/// What is still to be written into the status of policies: a value without a client or a clock.
struct StatusWork: Sendable, Equatable {
    /// What is to be written about one policy.
    struct Item: Sendable, Equatable {
        var name: String
        /// Whether its conditions may have changed.
        var hasNewVersion: Bool
        /// How many Pods were decided under it since the last time.
        var pods: Int
    }

    private var versions: Set<String> = []
    private var pods: [String: Int] = [:]
    private var isFlushing = false

    /// A Pod was decided under the policy `name`.
    mutating func countPod(under name: String) { pods[name, default: 0] += 1 }

    /// These policies changed.
    mutating func take(_ changes: [String: PolicyStore.Change]) {
        for (name, change) in changes {
            if change == .removed {
                versions.remove(name)
                pods[name] = nil
            } else {
                versions.insert(name)
            }
        }
    }

    /// The numbers of Pods are due as well.
    mutating func flush() { isFlushing = true }

    /// What is due, in the order of the names; it is taken out.
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

    /// What could not be written is due again with the next flush.
    mutating func putBack(_ item: Item) {
        if item.hasNewVersion { versions.insert(item.name) }
        if item.pods > 0 { pods[item.name, default: 0] += item.pods }
    }
}
