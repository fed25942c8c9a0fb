import Basics
import JSON
public import Logging
public import ServiceLifecycle
import Synchronization

/// Elects one leader among replicas with a Lease (coordination.k8s.io/v1), as client-go's leaderelection does.
///
/// A lease is valid for 15 seconds and is renewed every 2 seconds; the leader stops leading after 10 seconds without a
/// renewal. Needs the verbs `get`, `create` and `update` on `leases`.
public final class LeaderElection: Service, Sendable {
    private let client: KubernetesClient
    private let lease: ObjectPath
    private let time: TimeSource
    private let chance: @Sendable () -> Double
    private let logger: Logger
    private let state: Mutex<LeaseState>

    /// Creates a candidate; it sends nothing before ``run()``.
    ///
    /// - Parameters:
    ///   - client: The client to read and write the Lease with; a request takes at most a third of the 10 seconds.
    ///   - lease: The Lease; the first leader creates it.
    ///   - identity: The candidate's name, such as the Pod's; no other candidate may have it.
    ///   - logger: The logger for changes of the leader and for failures.
    public convenience init(client: KubernetesClient, lease: ObjectPath, identity: String, logger: Logger) {
        let timing = LeaseTiming()
        let limited = client.limited(to: timing.requestTimeout)
        self.init(client: limited, lease: lease, identity: identity, timing: timing, logger: logger)
    }

    init(
        client: KubernetesClient,
        lease: ObjectPath,
        identity: String,
        timing: LeaseTiming,
        time: TimeSource = .system,
        chance: @escaping @Sendable () -> Double = { .random(in: 0...1) },
        logger: Logger
    ) {
        self.client = client
        self.lease = lease
        self.time = time
        self.chance = chance
        self.logger = logger
        state = Mutex(LeaseState(identity: identity, timing: timing))
    }

    /// Whether this candidate leads now; never true when another candidate may have taken the lease.
    public var isLeader: Bool {
        let now = time.now()
        return state.withLock { $0.isLeader(at: now) }
    }

    /// Takes part until graceful shutdown, then releases the lease, so that another candidate leads at once.
    ///
    /// - Throws: Nothing; the signature is that of `Service`.
    public func run() async throws {
        await cancelWhenGracefulShutdown { await self.campaign() }
        await release()
    }

    private func campaign() async {
        var wasLeader = false
        var lastFailure: KubernetesAPIError.Code?
        while !Task.isCancelled {
            do throws(KubernetesAPIError) {
                try await acquireOrRenew()
                lastFailure = nil
            } catch {
                guard !Task.isCancelled else { return }
                // A conflict means that another candidate wrote the lease.
                if error.code != lastFailure, error.code != .conflict, error.code != .alreadyExists {
                    logger.warning("the lease cannot be renewed", metadata: ["reason": .string(error.description)])
                }
                lastFailure = error.code
            }
            let isLeader = isLeader
            if isLeader != wasLeader { logger.info(isLeader ? "this replica leads" : "this replica no longer leads") }
            wasLeader = isLeader
            // The candidates that wait read at different times, so that one of them finds the lease free first.
            let period = state.withLock { $0.timing.retryPeriod }
            try? await time.sleep(isLeader ? period : period * (1 + chance()))
        }
    }

    /// Reads the lease, then takes or renews it if it is free or this candidate's own.
    private func acquireOrRenew() async throws(KubernetesAPIError) {
        let start = time.now()
        let stored = try await read()
        let (now, wallTime) = (time.now(), time.wallTime())
        // A deleted lease is free no sooner than one that is not renewed: its holder may still lead.
        let claim = state.withLock { state in
            if let stored { state.observed(LeaseRecord(lease: stored), at: now) }
            return state.claim(at: now, wallTime: wallTime)
        }
        guard let claim else { return }
        if let stored {
            _ = try await client.replace(claim.written(to: stored), at: lease)
        } else {
            let metadata: JSONValue = ["name": .string(lease.name)]
            let object: JSONValue = ["apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata]
            _ = try await client.create(claim.written(to: object), as: .leases, namespace: lease.namespace)
        }
        let end = time.now()
        state.withLock { $0.wrote(claim, askedAt: start, now: end) }
    }

    /// Reads the lease; nil if it does not exist.
    private func read() async throws(KubernetesAPIError) -> JSONValue? {
        do throws(KubernetesAPIError) { return try await client.get(lease) } catch {
            guard error.code == .notFound else { throw error }
            return nil
        }
    }

    private func release() async {
        let wallTime = time.wallTime()
        let release = state.withLock { state in
            state.resign()
            return state.release(wallTime: wallTime)
        }
        guard let release else { return }
        do throws(KubernetesAPIError) {
            let object = try await client.get(lease)
            guard LeaseRecord(lease: object).holder == state.withLock({ $0.identity }) else { return }
            _ = try await client.replace(release.written(to: object), at: lease)
        } catch {
            logger.info("the lease was not released; it expires", metadata: ["reason": .string("\(error)")])
        }
    }
}
