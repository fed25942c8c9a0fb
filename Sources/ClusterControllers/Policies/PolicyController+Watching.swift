import KubernetesAPI
import Logging
import PodAdmission
import Synchronization

extension PolicyController {
    /// Takes over what the watch told.
    func receive(_ event: Reflector.Event) {
        switch event {
        case .replaced(let objects): change { $0.replace(with: objects) }
        case .changed(let object):
            change { store in
                guard let name = ObjectIdentity(object)?.name, let change = store.update(object) else { return [:] }
                return [name: change]
            }
        case .removed(let object):
            change { store in
                guard let name = ObjectIdentity(object)?.name, let change = store.remove(name) else { return [:] }
                return [name: change]
            }
        case .connected: break
        case .disconnected(let error): disconnected(error)
        }
    }

    private func change(_ body: (inout PolicyStore) -> [String: PolicyStore.Change]) {
        let (changes, entries, counts) = state.withLock { state in
            let changes = body(&state.store)
            if !changes.isEmpty { state.policies = state.store.policies(over: base) }
            state.hasAnswered = true
            state.work.take(changes)
            return (changes, state.store.entries, state.store.counts)
        }
        metrics.record(changes.values, counts: counts)
        for (name, change) in changes.sorted(by: { $0.key < $1.key }) { log(change, name, entries[name]) }
        if !changes.isEmpty { wake.yield() }
    }

    /// Policies that were told of stay in force while the API server does not answer.
    ///
    /// So they do where it says that it has no such kind: before a CustomResourceDefinition goes, its objects are
    /// deleted one by one, which the watch tells (apiextensions-apiserver, pkg/controller/finalizer/crd_finalizer.go).
    func disconnected(_ error: KubernetesAPIError) {
        let isMissing = error.code == .notFound
        let isFirst = state.withLock { state in
            let isFirst = !state.hasAnswered
            if isMissing { state.hasAnswered = true } else { state.trouble = error }
            return isFirst
        }
        if isMissing, isFirst {
            logger.notice("the cluster has no WasmPolicy kind: the server's own policies count alone until it has")
        }
    }

    private func log(_ change: PolicyStore.Change, _ name: String, _ entry: PolicyStore.Entry?) {
        var metadata: Logger.Metadata = ["policy": "\(name)"]
        if let entry { metadata["generation"] = "\(entry.identity.generation)" }
        switch change {
        case .accepted: logger.notice("a policy is in force", metadata: metadata)
        case .removed: logger.notice("a policy is gone", metadata: metadata)
        case .rejected:
            metadata["problem"] = "\(entry?.problem ?? "")"
            metadata["generation_in_force"] = "\(entry?.inForce.map { String($0.generation) } ?? "none")"
            logger.warning("a policy does not validate", metadata: metadata)
        }
    }
}
