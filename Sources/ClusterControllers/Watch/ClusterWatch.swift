import Basics
public import KubernetesAPI
public import Logging
public import PodAdmission
public import ServiceLifecycle
import Synchronization

/// Keeps an eye on a cluster's runtime classes, nodes and namespaces, as far as decisions need it.
public final class ClusterWatch: Service, Sendable {
    private struct State {
        var view = ClusterView()
        var startedAt: ContinuousClock.Instant?
    }

    private let client: KubernetesClient
    private let logger: Logger
    private let clock: TimeSource
    private let state = Mutex(State())

    /// How long the first lists are waited for.
    static let startLimit = Duration.seconds(30)
    /// How long the labels of one namespace are waited for, out of an admission's time.
    static let namespaceLimit = Duration.seconds(1)

    /// Creates a watch.
    ///
    /// - Parameters:
    ///   - client: Reads from the API server.
    ///   - logger: Gets a line when the API server stops answering, and when it answers again.
    public convenience init(client: KubernetesClient, logger: Logger) {
        self.init(client: client, logger: logger, clock: TimeSource())
    }

    init(client: KubernetesClient, logger: Logger, clock: TimeSource) {
        self.client = client
        self.logger = logger
        self.clock = clock
    }

    /// What is known of the cluster now; nothing of what could not be watched for a minute.
    public var knowledge: ClusterKnowledge {
        let now = clock.now()
        return state.withLock { $0.view.knowledge(at: now) }
    }

    /// Why decisions would rest on too little; nil once the first lists are there, or were waited for long enough.
    public var notReadyReason: String? {
        let now = clock.now()
        return state.withLock { state in
            let missing = state.view.missing
            if missing.isEmpty { return nil }
            if let startedAt = state.startedAt, now - startedAt >= Self.startLimit { return nil }
            return "the cluster's \(missing.map(\.rawValue).joined(separator: ", ")) are not known yet"
        }
    }

    /// The labels of a namespace; asks for those of one that the watch has not told of.
    ///
    /// - Returns: Nil where neither the watch nor the API server says in a second.
    public func labels(ofNamespace name: String) async -> [String: String]? {
        let old: [String: String]?
        switch state.withLock({ [now = clock.now()] in $0.view.namespaces.find(name, at: now) }) {
        case .known(let labels): return labels
        case .old(let labels): old = labels
        case .unknown: old = nil
        }
        let client = client
        let object = await clock.withTimeout(Self.namespaceLimit) {
            try await client.get(ObjectPath(.namespaces, name: name))
        }
        guard let labels = object?.objectLabels else { return old }
        state.withLock { [now = clock.now()] in $0.view.namespaces.keep(name, labels: labels, at: now) }
        return labels
    }

    /// Watches until the server stops.
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
    /// The kind of the objects.
    fileprivate var resource: KubernetesResource {
        switch self {
        case .runtimeClasses: .runtimeClasses
        case .nodes: .nodes
        case .namespaces: .namespaces
        }
    }
}
