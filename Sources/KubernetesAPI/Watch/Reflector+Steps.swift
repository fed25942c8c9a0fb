import Basics
import JSON
import Logging

extension Reflector {
    /// Does the next thing that there is to do.
    func step(_ state: inout ReflectorState) async {
        switch state.action(chance: chance()) {
        case .list(let pause):
            guard await wait(pause) else { return }
            await list(&state)
        case .watch(let pause, let version, let seconds):
            guard await wait(pause) else { return }
            await watch(&state, from: version, seconds: seconds)
        }
    }

    /// False where the task was cancelled meanwhile.
    private func wait(_ pause: Duration) async -> Bool {
        if pause > .zero { try? await time.sleep(pause) }
        return !Task.isCancelled
    }

    private func list(_ state: inout ReflectorState) async {
        do throws(KubernetesAPIError) {
            let list = try await pages()
            tell(state.listed(version: list.resourceVersion))
            onEvent(.replaced(list.items))
        } catch {
            guard !Task.isCancelled else { return }
            tell(state.failed(error, chance: chance()))
        }
    }

    private func pages() async throws(KubernetesAPIError) -> KubernetesList {
        guard let keeping else { return try await client.list(selection) }
        // A hundred of the largest objects are still a small part of a server's memory.
        return try await client.list(selection, pagesOf: 100, keeping: keeping)
    }

    private func watch(_ state: inout ReflectorState, from version: String, seconds: Int) async {
        let start = time.now()
        var failure: KubernetesAPIError?
        let end = await client.watch(selection, version: version, seconds: seconds) {
            tell(state.watching())
        } onEvent: { event in
            switch event {
            case .changed(let object, let version):
                state.observed(version: version)
                if let kept = kept(object) { onEvent(.changed(kept)) }
            case .removed(let object, let version):
                state.observed(version: version)
                onEvent(.removed(kept(object) ?? ["metadata": object["metadata"] ?? [:]]))
            case .bookmark(let version): state.observed(version: version)
            case .failed(let error): failure = error
            }
            return failure == nil
        }
        guard !Task.isCancelled else { return }
        switch (end, failure) {
        case (_, let error?) where error.code == .gone: state.expired(chance: chance())
        case (.refused(let error), _) where error.code == .gone: state.expired(chance: chance())
        case (_, let error?), (.broken(let error), _): tell(state.broken(error, chance: chance()))
        case (.refused(let error), _): tell(state.failed(error, chance: chance()))
        case (.ended, nil): state.ended(after: time.now() - start, chance: chance())
        }
    }

    private func kept(_ object: JSONValue) -> JSONValue? {
        guard let keeping else { return object }
        return keeping(object)
    }

    private func tell(_ signal: ReflectorState.Signal?) {
        switch signal {
        case .connected:
            logger.info("the API server answers again")
            onEvent(.connected)
        case .disconnected(let error):
            let metadata: Logger.Metadata = ["reason": .string(error.description)]
            if error.code == .notFound {
                // A fact of the cluster, such as a version of Kubernetes that has no such kind yet.
                logger.notice("the API server does not have this kind", metadata: metadata)
            } else {
                logger.warning("the API server cannot be watched", metadata: metadata)
            }
            onEvent(.disconnected(error))
        case nil: break
        }
    }
}
