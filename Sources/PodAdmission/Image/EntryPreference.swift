/// The entries of an index that a decision uses: those that a node pulls, or a Wasm entry.
public struct EntryPreference: Sendable, Hashable {
    /// The platforms of the nodes; empty for every Linux platform.
    public var nodePlatforms: [Platform]
    /// Whether a Wasm entry has precedence over those that a node pulls.
    public var prefersWasm: Bool
    /// Whether the image of every entry that a node can pull is read, because the policy allows only some Wasm images.
    public var readsEveryEntry: Bool

    /// Creates a preference; by default that of the built-in policy.
    ///
    /// - Parameters:
    ///   - nodePlatforms: The platforms of the nodes; empty for every Linux platform.
    ///   - prefersWasm: Whether a Wasm entry has precedence.
    ///   - readsEveryEntry: Whether the image of every entry that a node can pull is read.
    public init(nodePlatforms: [Platform] = [], prefersWasm: Bool = false, readsEveryEntry: Bool = false) {
        self.nodePlatforms = nodePlatforms
        self.prefersWasm = prefersWasm
        self.readsEveryEntry = readsEveryEntry
    }

    /// The part of an index that a decision uses.
    public enum Choice: Sendable, Equatable {
        /// The entries that nodes pull; there can be none.
        case native([IndexEntry])
        /// The Wasm entry; a node can pull the index by tag only if `isPullable`.
        case wasm(IndexEntry, isPullable: Bool)
    }

    /// Chooses among the entries of an index.
    public func choice(of entries: [IndexEntry]) -> Choice {
        let forNodes = entriesForNodes(entries)
        let forWasm = entries.filter { $0.platform?.isWasm ?? false }
        guard let wasm = forWasm.first(where: { $0.platform?.unrunnable == nil }) ?? forWasm.first,
            forNodes.isEmpty || prefersWasm
        else { return .native(forNodes) }
        return .wasm(wasm, isPullable: !forNodes.isEmpty)
    }

    /// The next entry whose image must be read for the decision; nil if no more is needed.
    ///
    /// Nodes read the platform of an entry without one from its config, so that all such entries are read. Of the
    /// entries for nodes, the only one is read, because BuildKit wraps every image in an index and only the config
    /// contains the program. Of several, the first one that can be a module alone is read, or all of them if the policy
    /// allows only some Wasm images. The Wasm entry that the decision uses is read too.
    ///
    /// - Parameters:
    ///   - entries: The entries, with the platforms of those that were read.
    ///   - isRead: Whether the image of an entry was read.
    /// - Returns: The entry.
    public func nextToRead(of entries: [IndexEntry], isRead: (IndexEntry) -> Bool) -> IndexEntry? {
        if let unnamed = entries.first(where: { $0.platform == nil && !isRead($0) }) { return unnamed }
        switch choice(of: entries) {
        case .wasm(let entry, _): return entry.platform?.unrunnable == nil && !isRead(entry) ? entry : nil
        case .native(let forNodes):
            if readsEveryEntry { return forNodes.first { !isRead($0) } }
            let wanted = entries.count == 1 ? forNodes.first : forNodes.first(where: \.canBeModuleAlone)
            return wanted.flatMap { isRead($0) ? nil : $0 }
        }
    }

    /// The entries that nodes pull.
    ///
    /// A node takes the entry of its own platform, and another one that it can run if there is none (containerd
    /// platforms, compare.go, `Only`). Some nodes take an entry whose platform is not in the index.
    private func entriesForNodes(_ entries: [IndexEntry]) -> [IndexEntry] {
        guard !nodePlatforms.isEmpty else {
            return entries.filter { entry in
                guard let platform = entry.platform, !platform.isWasm else { return entry.platform == nil }
                return entry.isUnnamed || platform.isLinux
            }
        }
        var wanted: [Platform] = []
        for node in nodePlatforms {
            let match = node.alternatives.first { platform in entries.contains { $0.platform?.normalized == platform } }
            if let match { wanted.append(match) }
        }
        return entries.filter { entry in
            guard let platform = entry.platform, !platform.isWasm else { return entry.platform == nil }
            return entry.isUnnamed || wanted.contains(platform.normalized)
        }
    }
}

extension WasmPolicy {
    /// The index entries that decisions with this policy use.
    public var entryPreference: EntryPreference {
        EntryPreference(
            nodePlatforms: runtime.nodePlatforms,
            prefersWasm: preferWasm,
            readsEveryEntry: images.restrictsWasm
        )
    }
}
