import ImageRegistry
import KubernetesAPI
import Logging
import PodAdmission

extension CacheWarmer {
    /// How many images are looked up at once; the admissions' own look-ups come first.
    private static let atOnce = 4
    /// How long to wait between two beginnings: at most 100 in a second.
    private static let pause = Duration.milliseconds(10)
    /// How long one image may take, its secrets included.
    private static let patience = Duration.seconds(30)

    /// Finds the images and looks them up.
    func warm() async {
        let start = clock.now()
        let list = await collect()
        let resolved = await lookUp(list.entries)
        guard !Task.isCancelled else { return }
        logger.info(
            "cache warmed",
            metadata: [
                "images": "\(list.entries.count)", "resolved": "\(resolved)",
                "unresolved": "\(list.entries.count - resolved)", "is_complete": "\(!list.isFull)",
                "seconds": "\((clock.now() - start).components.seconds)",
            ]
        )
    }

    /// The images of all workloads, until there are enough.
    private func collect() async -> WarmingList {
        var list = WarmingList()
        for kind in WarmedKind.all where !list.isFull && !Task.isCancelled {
            do throws(KubernetesAPIError) {
                try await pages(kind.resource) { items in
                    for item in items {
                        // What cannot be read here is said by the admission of its Pods.
                        if let workload = try? kind.workload(item) { list.add(workload) }
                    }
                    return !list.isFull
                }
            } catch {
                let metadata: Logger.Metadata = ["resource": "\(kind.resource.plural)", "error": "\(error)"]
                logger.warning("workloads not listed, their images are looked up when Pods come", metadata: metadata)
            }
        }
        return list
    }

    /// Looks entries up, so many at once and no faster than allowed.
    ///
    /// - Returns: How many were resolved.
    private func lookUp(_ entries: [WarmingList.Entry]) async -> Int {
        await withTaskGroup(of: Bool.self) { group in
            var resolved = 0
            for (index, entry) in entries.enumerated() {
                if index >= Self.atOnce, await group.next() == true { resolved += 1 }
                guard (try? await clock.sleep(Self.pause)) != nil else { break }
                group.addTask { await lookUp(entry) }
            }
            for await isResolved in group where isResolved { resolved += 1 }
            return resolved
        }
    }

    /// Looks one image up, and the one that its Pods will be pinned to.
    private func lookUp(_ entry: WarmingList.Entry) async -> Bool {
        let deadline = clock.now() + Self.patience
        let credentials = await credentials(entry.secrets, deadline)
        let images = [entry.image]
        let answer = await inspector.answers(for: images, credentials: credentials, deadline: deadline)[entry.image]
        var isResolved = false
        if case .resolved? = answer { isResolved = true }
        metrics.record(isResolved: isResolved)
        if isResolved, let answer, let pinned = WarmingList.pinned(entry.image, answer: answer) {
            _ = await inspector.answers(for: [pinned], credentials: credentials, deadline: deadline)
        }
        return isResolved
    }
}
