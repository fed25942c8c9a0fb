import Basics
public import JSON
public import Logging
public import ServiceLifecycle

/// Keeps telling a handler what objects of a kind there are, until it is shut down.
///
/// It lists, then watches from the list's version on. Whatever the API server does, it goes on: after a broken connection
/// from where it was, after a version that is too old (410) or an answer that makes no sense with a new list.
///
/// Needs the verbs `list` and `watch`.
public struct Reflector: Service {
    /// What the handler is told.
    public enum Event: Sendable {
        /// All objects there are, after each list.
        case replaced([JSONValue])
        /// One was made or changed.
        case changed(JSONValue)
        /// One was removed.
        case removed(JSONValue)
        /// The API server answers again.
        case connected
        /// The API server does not answer any more, or not what was asked for; said once for each outage.
        case disconnected(KubernetesAPIError)
    }

    private let selection: ListOptions
    private let client: KubernetesClient
    private let keeping: (@Sendable (JSONValue) -> JSONValue?)?
    private let time: TimeSource
    private let chance: @Sendable () -> Double
    private let logger: Logger
    private let onEvent: @Sendable (Event) -> Void

    /// Creates a reflector, which does nothing before it runs.
    ///
    /// - Parameters:
    ///   - metadataOnly: whether the objects are PartialObjectMetadata, which have nothing but `metadata`.
    ///   - keeping: what the handler needs of an object, so that the whole ones do not stay in memory, as client-go's
    ///     `SetTransform`; all of it where left out. The handler is not told of one of which it keeps nil, but of its
    ///     removal, by its metadata.
    ///   - onEvent: called from one task, in order; the next event waits for it.
    public init(
        _ resource: KubernetesResource,
        client: KubernetesClient,
        namespace: String? = nil,
        fieldSelector: String? = nil,
        labelSelector: String? = nil,
        metadataOnly: Bool = false,
        keeping: (@Sendable (JSONValue) -> JSONValue?)? = nil,
        logger: Logger,
        onEvent: @escaping @Sendable (Event) -> Void
    ) {
        self.init(
            ListOptions(
                resource,
                namespace: namespace,
                labelSelector: labelSelector,
                fieldSelector: fieldSelector,
                metadataOnly: metadataOnly
            ),
            client: client,
            keeping: keeping,
            logger: logger,
            onEvent: onEvent
        )
    }

    init(
        _ selection: ListOptions,
        client: KubernetesClient,
        keeping: (@Sendable (JSONValue) -> JSONValue?)? = nil,
        time: TimeSource = .system,
        chance: @escaping @Sendable () -> Double = { .random(in: 0...1) },
        logger: Logger,
        onEvent: @escaping @Sendable (Event) -> Void
    ) {
        self.selection = selection
        self.client = client
        self.keeping = keeping
        self.time = time
        self.chance = chance
        var logger = logger
        logger[metadataKey: "resource"] = .string(selection.resource.plural)
        self.logger = logger
        self.onEvent = onEvent
    }

    /// Runs until graceful shutdown or cancellation.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            var state = ReflectorState()
            while !Task.isCancelled { await step(&state) }
        }
    }
}

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
