import Basics
public import JSON
public import Logging
public import ServiceLifecycle

/// Reports the objects of a kind to a handler until shutdown.
///
/// It lists the objects, then watches from the list's version. After a broken connection it continues from the last
/// version. After a version that is too old (410) or data that is not an event it lists again. Needs the verbs `list`
/// and `watch`.
public struct Reflector: Service {
    /// A message to the handler.
    public enum Event: Sendable {
        /// All existing objects, after each list.
        case replaced([JSONValue])
        /// An object was created or changed.
        case changed(JSONValue)
        /// An object was deleted.
        case removed(JSONValue)
        /// The API server answers again.
        case connected
        /// The API server does not answer, or sends invalid data; sent once for each outage.
        case disconnected(KubernetesAPIError)
    }

    private let options: ListOptions
    private let client: KubernetesClient
    private let keeping: (@Sendable (JSONValue) -> JSONValue?)?
    private let time: TimeSource
    private let chance: @Sendable () -> Double
    private let logger: Logger
    private let onEvent: @Sendable (Event) -> Void

    /// Creates a reflector; it sends nothing before ``run()``.
    ///
    /// - Parameters:
    ///   - resource: The kind.
    ///   - client: The client to list and watch with.
    ///   - namespace: The namespace; nil for all.
    ///   - metadataOnly: Whether the objects are PartialObjectMetadata, which have only `metadata`.
    ///   - keeping: The part of an object that the handler needs, so that whole objects do not stay in memory, as
    ///     client-go's `SetTransform`; nil keeps whole objects. If it returns nil for an object, the handler gets no
    ///     change of that object, but it gets its removal with its metadata.
    ///   - logger: The logger; it gets the kind as `resource`.
    ///   - onEvent: The handler, called from one task and in order; the next event waits for its return.
    public init(
        _ resource: KubernetesResource,
        client: KubernetesClient,
        namespace: String? = nil,
        metadataOnly: Bool = false,
        keeping: (@Sendable (JSONValue) -> JSONValue?)? = nil,
        logger: Logger,
        onEvent: @escaping @Sendable (Event) -> Void
    ) {
        self.init(
            ListOptions(resource, namespace: namespace, metadataOnly: metadataOnly),
            client: client,
            keeping: keeping,
            logger: logger,
            onEvent: onEvent
        )
    }

    init(
        _ options: ListOptions,
        client: KubernetesClient,
        keeping: (@Sendable (JSONValue) -> JSONValue?)? = nil,
        time: TimeSource = .system,
        chance: @escaping @Sendable () -> Double = { .random(in: 0...1) },
        logger: Logger,
        onEvent: @escaping @Sendable (Event) -> Void
    ) {
        self.options = options
        self.client = client
        self.keeping = keeping
        self.time = time
        self.chance = chance
        var logger = logger
        logger[metadataKey: "resource"] = .string(options.resource.plural)
        self.logger = logger
        self.onEvent = onEvent
    }

    /// Lists and watches until graceful shutdown or cancellation.
    ///
    /// - Throws: Nothing; the signature is that of `Service`.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            var state = ReflectorState()
            while !Task.isCancelled { await step(&state) }
        }
    }

    private func step(_ state: inout ReflectorState) async {
        switch state.action(chance: chance()) {
        case .list(let pause):
            guard await wait(pause) else { return }
            await list(&state)
        case .watch(let pause, let version, let seconds):
            guard await wait(pause) else { return }
            await watch(&state, WatchRequest(options: options, version: version, seconds: seconds))
        }
    }

    /// Waits; false if the task was cancelled in the meantime.
    private func wait(_ pause: Duration) async -> Bool {
        if pause > .zero { try? await time.sleep(pause) }
        return !Task.isCancelled
    }

    private func list(_ state: inout ReflectorState) async {
        do throws(KubernetesAPIError) {
            let list = try await pages()
            report(state.listed(version: list.resourceVersion))
            onEvent(.replaced(list.items))
        } catch {
            guard !Task.isCancelled else { return }
            report(state.failed(error, chance: chance()))
        }
    }

    private func pages() async throws(KubernetesAPIError) -> KubernetesList {
        guard let keeping else { return try await client.list(options) }
        // A hundred of the largest objects are still a small part of a server's memory.
        return try await client.list(options, pagesOf: 100, keeping: keeping)
    }

    private func watch(_ state: inout ReflectorState, _ request: WatchRequest) async {
        let start = time.now()
        var failure: KubernetesAPIError?
        let end = await client.watch(request) {
            report(state.watching())
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
        case (_, let error?), (.broken(let error), _): report(state.broken(error, chance: chance()))
        case (.refused(let error), _): report(state.failed(error, chance: chance()))
        case (.ended, nil): state.ended(after: time.now() - start, chance: chance())
        }
    }

    private func kept(_ object: JSONValue) -> JSONValue? {
        guard let keeping else { return object }
        return keeping(object)
    }

    private func report(_ signal: ReflectorState.Signal?) {
        switch signal {
        case .connected:
            logger.info("the API server answers again")
            onEvent(.connected)
        case .disconnected(let error):
            let metadata: Logger.Metadata = ["reason": .string(error.description)]
            if error.code == .notFound {
                // Not a failure: for example, this version of Kubernetes does not have the kind yet.
                logger.notice("the API server does not have this kind", metadata: metadata)
            } else {
                logger.warning("the API server cannot be watched", metadata: metadata)
            }
            onEvent(.disconnected(error))
        case nil: break
        }
    }
}
