import Basics
import ImageRegistry

/// The new workloads of a list.
struct WarmingBatch: Sendable, Equatable {
    let kind: WarmedKind
    /// Whether it is the first list of its kind.
    let isFirst: Bool
    /// The number of workloads that were not known in this generation.
    var workloads = 0
    /// The images to look up, in the order of the list, which is mostly by namespace.
    var entries: [WarmingEntry] = []
    /// The images that exceed the limit.
    var leftOut: Set<WarmingEntry> = []
}

/// The known workloads, so that each generation of a workload is looked up once; a value without a clock or I/O.
struct WarmingState: Sendable {
    /// The limit on known workloads.
    static let knownLimit = 10_000
    /// The limit on images of lists that wait.
    static let listedLimit = 2000

    /// The last known generation of each workload, by uid.
    ///
    /// A change of the status does not change the generation. Jobs of old versions of Kubernetes have no generation, but
    /// the template of a Job cannot change.
    private var known: LRU<String, Int>
    /// The images of lists that wait, each once for its pull secrets.
    private var waiting: Set<WarmingEntry> = []
    private var listed: Set<WarmedKind> = []
    private let listedLimit: Int

    init(knownLimit: Int = WarmingState.knownLimit, listedLimit: Int = WarmingState.listedLimit) {
        known = LRU(entries: knownLimit)
        self.listedLimit = listedLimit
    }

    /// Takes the list of all workloads of a kind.
    ///
    /// - Returns: Nil if the list has no new workload and is not the first one of its kind.
    mutating func take(_ workloads: [WarmedWorkload], of kind: WarmedKind) -> WarmingBatch? {
        var batch = WarmingBatch(kind: kind, isFirst: listed.insert(kind).inserted)
        for workload in workloads where isNew(workload.identity) {
            batch.workloads += 1
            for entry in workload.entries where !waiting.contains(entry) {
                if waiting.count < listedLimit {
                    waiting.insert(entry)
                    batch.entries.append(entry)
                } else {
                    batch.leftOut.insert(entry)
                }
            }
        }
        return batch.isFirst || batch.workloads > 0 ? batch : nil
    }

    /// Takes a workload that was created or changed.
    ///
    /// - Returns: The images to look up; empty if the generation is known.
    mutating func take(_ workload: WarmedWorkload) -> [WarmingEntry] {
        isNew(workload.identity) ? workload.entries : []
    }

    /// Removes the images of a list that were looked up from those that wait.
    mutating func finish(_ batch: WarmingBatch) { waiting.subtract(batch.entries) }

    /// Forgets a workload that was deleted.
    mutating func forget(_ identity: ObjectIdentity) { known.remove(identity.uid) }

    private mutating func isNew(_ identity: ObjectIdentity) -> Bool {
        guard known.value(for: identity.uid) != identity.generation else { return false }
        known.insert(identity.generation, for: identity.uid)
        return true
    }
}
