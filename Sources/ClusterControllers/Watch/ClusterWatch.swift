import Basics
public import KubernetesAPI
public import Logging
public import PodAdmission
public import ServiceLifecycle
import Synchronization

/// Watches what decisions need of a cluster's runtime classes, nodes and namespaces.
public final class ClusterWatch: Service, Sendable {
    private struct State {
        var view = ClusterView()
        var startedAt: ContinuousClock.Instant?
    }

    private let client: KubernetesClient
    private let logger: Logger
    private let clock: TimeSource
    private let state = Mutex(State())

    /// How long the replica waits for the first lists before it is ready without them.
    static let startLimit = Duration.seconds(30)
    /// How long an admission waits for the labels of one namespace.
    static let namespaceLimit = Duration.seconds(1)

    /// Creates a watch, which sends no request before ``run()``.
    ///
    /// - Parameters:
    ///   - client: Lists and watches the three kinds, and reads single namespaces.
    ///   - logger: Logs when the API server stops answering, and when it answers again.
    public convenience init(client: KubernetesClient, logger: Logger) {
        self.init(client: client, logger: logger, clock: TimeSource())
    }

    init(client: KubernetesClient, logger: Logger, clock: TimeSource) {
        self.client = client
        self.logger = logger
        self.clock = clock
    }

    /// What decisions may use now, without the kinds whose watch has been disconnected for a minute.
    public var knowledge: ClusterKnowledge {
        let now = clock.now()
        return state.withLock { $0.view.knowledge(at: now) }
    }

    /// Why the replica is not ready; nil once the first lists are there, and 30 seconds after ``run()`` without them.
    public var notReadyReason: String? {
        let now = clock.now()
        return state.withLock { state in
            let missing = state.view.missing
            if missing.isEmpty { return nil }
            if let startedAt = state.startedAt, now - startedAt >= Self.startLimit { return nil }
            return "the cluster's \(missing.map(\.rawValue).joined(separator: ", ")) are not known yet"
        }
    }

    /// Returns the labels of the namespace `name`, which it fetches if the watch does not have it yet.
    ///
    /// - Returns: The labels, if the API server does not return the namespace within a second the stale ones, or nil
    ///   without stale ones.
    public func labels(ofNamespace name: String) async -> [String: String]? {
        let old: [String: String]?
        switch state.withLock({ [now = clock.now()] in $0.view.namespaces.find(name, at: now) }) {
        case .fresh(let labels): return labels
        case .stale(let labels): old = labels
        case .unknown: old = nil
        }
        let client = client
        let object = await clock.withTimeout(Self.namespaceLimit) {
            try await client.get(ObjectPath(.namespaces, name: name))
        }
        guard let labels = object?.objectLabels else { return old }
        state.withLock { [now = clock.now()] in $0.view.namespaces.store(labels, of: name, at: now) }
        return labels
    }

    /// Watches until graceful shutdown or cancellation.
    ///
    /// - Throws: The errors of ``Reflector/run()``, which has none today.
    public func run() async throws {
        state.withLock { [now = clock.now()] in $0.startedAt = now }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for part in ClusterView.Part.allCases {
                let reflector = Reflector(
                    part.resource,
                    client: client,
                    metadataOnly: part != .runtimeClasses,
                    logger: logger
                ) { event in self.apply(event, to: part) }
                group.addTask { try await reflector.run() }
            }
            try await group.waitForAll()
        }
    }

    private func apply(_ event: Reflector.Event, to part: ClusterView.Part) {
        let now = clock.now()
        state.withLock { $0.view.apply(event, to: part, at: now) }
    }
}

extension ClusterView.Part {
    /// The resource that is watched.
    fileprivate var resource: KubernetesResource {
        switch self {
        case .runtimeClasses: .runtimeClasses
        case .nodes: .nodes
        case .namespaces: .namespaces
        }
    }
}
