/// One entry of an image index.
public struct IndexEntry: Sendable, Equatable {
    /// The digest of the manifest that the entry names.
    public var digest: String
    /// The platform of the entry; nil if the index does not contain it.
    public var platform: Platform?

    /// Creates an entry.
    public init(digest: String, platform: Platform?) {
        self.digest = digest
        self.platform = platform
    }
}

/// The entries of an index that a decision uses: those that a node pulls, or a Wasm entry.
public struct EntryPreference: Sendable, Hashable {
    /// The platforms of the nodes; empty for every Linux platform.
    public var nodePlatforms: [Platform]
    /// Whether a Wasm entry has precedence over those that a node pulls.
    public var prefersWasm: Bool

    /// Creates a preference; by default that of the built-in policy.
    public init(nodePlatforms: [Platform] = [], prefersWasm: Bool = false) {
        self.nodePlatforms = nodePlatforms
        self.prefersWasm = prefersWasm
    }

    /// The part of an index that a decision uses.
    public enum Choice: Sendable, Equatable {
        /// The entries that nodes pull; there can be none.
        case native([IndexEntry])
        /// The Wasm entry; a node can pull the index by tag only if `isPullable`.
        case wasm(IndexEntry, isPullable: Bool)
        /// No entry is for the nodes, and an entry has no platform.
        case unclear
    }

    /// Chooses among the entries of an index.
    public func choice(of entries: [IndexEntry]) -> Choice {
        let forNodes = entries.filter { $0.platform.map(isForNodes) ?? false }
        let forWasm = entries.filter { $0.platform?.isWasm ?? false }
        // A node reads the platform of such an entry from its config.
        if forNodes.isEmpty, entries.contains(where: { $0.platform == nil }) { return .unclear }
        guard let wasm = forWasm.first(where: { $0.platform?.unrunnable == nil }) ?? forWasm.first,
            forNodes.isEmpty || prefersWasm
        else { return .native(forNodes) }
        return .wasm(wasm, isPullable: !forNodes.isEmpty)
    }

    /// The entry whose image must be read for the decision; nil if the index is sufficient.
    ///
    /// It is the only entry of an index, because BuildKit wraps every image in one and only the config contains the
    /// program. Otherwise it is the Wasm entry that the decision uses.
    public func entryToRead(of entries: [IndexEntry]) -> IndexEntry? {
        if entries.count == 1, entries[0].platform?.isWasm != true { return entries[0] }
        guard case .wasm(let entry, _) = choice(of: entries), entry.platform?.unrunnable == nil else { return nil }
        return entry
    }

    private func isForNodes(_ platform: Platform) -> Bool {
        nodePlatforms.isEmpty ? platform.os == "linux" && !platform.isWasm : nodePlatforms.contains(platform)
    }
}

extension WasmPolicy {
    /// The index entries that decisions with this policy use.
    public var entryPreference: EntryPreference {
        EntryPreference(nodePlatforms: runtime.nodePlatforms, prefersWasm: preferWasm)
    }
}
