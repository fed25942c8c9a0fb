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

    let selection: ListOptions
    let client: KubernetesClient
    let keeping: (@Sendable (JSONValue) -> JSONValue?)?
    let time: TimeSource
    let chance: @Sendable () -> Double
    let logger: Logger
    let onEvent: @Sendable (Event) -> Void

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
