/// One entry of an image index.
public struct IndexEntry: Sendable, Equatable {
    /// The digest of the manifest that the entry names.
    public var digest: String
    /// The platform that the index gives for it; an index need not give one.
    public var platform: Platform?

    /// Creates an entry.
    public init(digest: String, platform: Platform?) {
        self.digest = digest
        self.platform = platform
    }
}

/// Which entries of an index count: those that a node pulls, or a Wasm entry.
public struct EntryPreference: Sendable, Hashable {
    /// The platforms of the nodes; empty for every Linux platform.
    public var nodePlatforms: [Platform]
    /// Whether a Wasm entry counts before those that a node pulls.
    public var prefersWasm: Bool

    /// Creates a preference; the default is that of the built-in policy.
    public init(nodePlatforms: [Platform] = [], prefersWasm: Bool = false) {
        self.nodePlatforms = nodePlatforms
        self.prefersWasm = prefersWasm
    }

    /// What counts of an index.
    public enum Choice: Sendable, Equatable {
        /// A node pulls one of these, which may be none.
        case native([IndexEntry])
        /// The Wasm entry; no node pulls it by tag unless `isPullable`.
        case wasm(IndexEntry, isPullable: Bool)
        /// An entry does not name its platform, and none is for the nodes.
        case unclear
    }

    /// Chooses among the entries of an index.
    public func choice(of entries: [IndexEntry]) -> Choice {
        let forNodes = entries.filter { $0.platform.map(isForNodes) ?? false }
        let forWasm = entries.filter { $0.platform?.isWasm ?? false }
        // Nodes look into an entry without a platform to see what it is for.
        if forNodes.isEmpty, entries.contains(where: { $0.platform == nil }) { return .unclear }
        guard let wasm = forWasm.first(where: { $0.platform?.unrunnable == nil }) ?? forWasm.first,
            forNodes.isEmpty || prefersWasm
        else { return .native(forNodes) }
        return .wasm(wasm, isPullable: !forNodes.isEmpty)
    }

    /// The entry whose image has to be read before a decision can rest on it; nil where the index says it all.
    ///
    /// The sole entry of an index is one, since BuildKit wraps every image so and only the config tells its program;
    /// the Wasm entry that counts is another.
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
    /// Which entries of an index count under this policy.
    public var entryPreference: EntryPreference {
        EntryPreference(nodePlatforms: runtime.nodePlatforms, prefersWasm: preferWasm)
    }
}
