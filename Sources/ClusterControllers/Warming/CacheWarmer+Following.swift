import KubernetesAPI
import PodAdmission
import ServiceLifecycle
import Synchronization

extension CacheWarmer {
    /// Starts to follow the kinds, each when the first list of the one before is there or not to be had, so that the
    /// memory holds whole objects of one kind at a time.
    func follow(in group: inout TaskGroup<Void>) async {
        for kind in WarmedKind.all {
            let (answer, answered) = AsyncStream.makeStream(of: Void.self)
            let reflector = Reflector(
                kind.resource,
                client: client,
                keeping: { WarmedWorkload($0, kind: kind)?.kept },
                logger: logger
            ) { event in
                self.receive(event, of: kind)
                answered.finish()
            }
            group.addTask { try? await reflector.run() }
            for await _ in answer {}
        }
    }

    /// Takes over what a list or a watch told.
    func receive(_ event: Reflector.Event, of kind: WarmedKind) {
        switch event {
        case .replaced(let objects):
            let workloads = objects.compactMap(WarmedWorkload.init(kept:))
            guard let batch = state.withLock({ $0.take(workloads, of: kind) }) else { return }
            metrics.record(.dropped, by: batch.leftOut.count)
            listed.yield(batch)
        case .changed(let object):
            guard let workload = WarmedWorkload(kept: object) else { return }
            for entry in state.withLock({ $0.take(workload) }) {
                if case .dropped = changed.yield(entry) { metrics.record(.dropped) }
            }
        case .removed(let object):
            if let identity = ObjectIdentity(object) { state.withLock { $0.forget(identity) } }
        case .connected, .disconnected: break
        }
    }
}
