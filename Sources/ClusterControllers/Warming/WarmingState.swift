import Basics
import ImageRegistry

/// What a list has told that is new.
struct WarmingBatch: Sendable, Equatable {
    let kind: WarmedKind
    /// Whether it is the first list of its kind.
    let isFirst: Bool
    /// How many workloads were not known.
    var workloads = 0
    /// The images to look up, those of one namespace mostly together.
    var entries: [WarmingEntry] = []
    /// The images that are too many.
    var leftOut: Set<WarmingEntry> = []
}

/// What is known of the workloads, so that each version of one is looked up once: a value, without a clock or a client.
struct WarmingState: Sendable {
    /// How many workloads are remembered.
    static let knownLimit = 10_000
    /// How many images of lists may wait.
    static let listedLimit = 2000

    /// The generation of a workload that was seen last, by its uid.
    ///
    /// A change of the status leaves the generation alone. The Jobs of old versions of Kubernetes have none; the
    /// template of a Job cannot be changed.
    private var known: LRU<String, Int>
    /// The images of lists that wait, each once for the credentials it is pulled with.
    private var waiting: Set<WarmingEntry> = []
    private var listed: Set<WarmedKind> = []
    private let listedLimit: Int

    init(knownLimit: Int = WarmingState.knownLimit, listedLimit: Int = WarmingState.listedLimit) {
        known = LRU(entries: knownLimit)
        self.listedLimit = listedLimit
    }

    /// Takes a list of all workloads of a kind.
    ///
    /// - Returns: Nil where nothing is new, but for the first list.
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

    /// Takes a workload that was made or changed.
    ///
    /// - Returns: What to look up at once.
    mutating func take(_ workload: WarmedWorkload) -> [WarmingEntry] {
        isNew(workload.identity) ? workload.entries : []
    }

    /// The images of a list were looked up.
    mutating func finish(_ batch: WarmingBatch) { waiting.subtract(batch.entries) }

    /// A workload is gone.
    mutating func forget(_ identity: ObjectIdentity) { known.remove(identity.uid) }

    private mutating func isNew(_ identity: ObjectIdentity) -> Bool {
        guard known.value(for: identity.uid) != identity.generation else { return false }
        known.insert(identity.generation, for: identity.uid)
        return true
    }
}
