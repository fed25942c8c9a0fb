import Basics
import KubernetesAPI
import Logging
import PodAdmission
import Synchronization

extension CacheWarmer {
    /// How many images of lists, and how many of changes, are looked up at once; the admissions' own come first.
    private static let atOnce = 4
    /// How long to wait between two beginnings of a list's: at most 100 in a second.
    private static let pause = Duration.milliseconds(10)
    /// How long one image may take, its secrets included.
    private static let patience = Duration.seconds(30)

    /// Looks up what lists told, one list after the other and no faster than allowed.
    func lookUpLists() async {
        for await batch in lists {
            let start = clock.now()
            let resolved = await lookUp(batch.entries)
            guard !Task.isCancelled else { return }
            state.withLock { $0.finish(batch) }
            guard batch.isFirst else { continue }
            logger.info(
                "workloads' images looked up",
                metadata: [
                    "resource": "\(batch.kind.resource.plural)", "workloads": "\(batch.workloads)",
                    "images": "\(batch.entries.count)", "resolved": "\(resolved)",
                    "unresolved": "\(batch.entries.count - resolved)", "left_out": "\(batch.leftOut.count)",
                    "seconds": "\((clock.now() - start).components.seconds)",
                ]
            )
        }
    }

    /// Looks up what watches told, at once: the Pods of these workloads are about to come.
    func lookUpChanges() async {
        await withTaskGroup(of: Void.self) { group in
            var active = 0
            for await entry in changes {
                // An iterator goes on with what is buffered after its task is cancelled.
                guard !Task.isCancelled else { return }
                if active == Self.atOnce { await group.next() } else { active += 1 }
                group.addTask { _ = await self.lookUp(entry) }
            }
        }
    }

    /// Looks the entries of a list up.
    ///
    /// - Returns: How many were resolved.
    private func lookUp(_ entries: [WarmingEntry]) async -> Int {
        await withTaskGroup(of: Bool.self) { group in
            var resolved = 0
            for (index, entry) in entries.enumerated() {
                if index >= Self.atOnce, await group.next() == true { resolved += 1 }
                guard (try? await clock.sleep(Self.pause)) != nil else { break }
                group.addTask { await self.lookUp(entry) }
            }
            for await isResolved in group where isResolved { resolved += 1 }
            return resolved
        }
    }

    /// Looks one image up.
    private func lookUp(_ entry: WarmingEntry) async -> Bool {
        let query = ImageQuery([entry.image], pullSecrets: entry.secrets, deadline: clock.now() + Self.patience)
        let answer = await images.answers(to: query)[entry.image]
        guard !Task.isCancelled else { return false }
        guard case .resolved? = answer else {
            metrics.record(.unresolved)
            return false
        }
        metrics.record(.resolved)
        return true
    }
}
