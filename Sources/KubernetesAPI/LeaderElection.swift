import Basics
import JSON
public import Logging
public import ServiceLifecycle
import Synchronization

/// Lets one of several replicas lead at a time, by a Lease (coordination.k8s.io/v1), as client-go's leaderelection does:
/// a lease of 15 seconds, renewed every 2, given up after 10 without a renewal.
///
/// Needs the verbs `get`, `create` and `update` on `leases`.
public final class LeaderElection: Service, Sendable {
    private let client: KubernetesClient
    private let lease: ObjectPath
    private let time: TimeSource
    private let chance: @Sendable () -> Double
    private let logger: Logger
    private let state: Mutex<LeaseState>

    /// Creates a candidate, which does not stand before it runs.
    ///
    /// - Parameters:
    ///   - identity: a name no other candidate has, such as the Pod's.
    public convenience init(client: KubernetesClient, lease: ObjectPath, identity: String, logger: Logger) {
        self.init(client: client, lease: lease, identity: identity, timing: LeaseTiming(), logger: logger)
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
        self.client = client.limited(to: timing.requestTimeout)
        self.lease = lease
        self.time = time
        self.chance = chance
        self.logger = logger
        state = Mutex(LeaseState(identity: identity, timing: timing))
    }

    /// Whether this candidate leads now; never true once another may have taken the lease.
    public var isLeader: Bool {
        let now = time.now()
        return state.withLock { $0.isLeader(at: now) }
    }

    /// Stands until graceful shutdown, then gives the lease up, so that another leads at once.
    public func run() async throws {
        await cancelWhenGracefulShutdown { await self.stand() }
        await resign()
    }

    private func stand() async {
        var wasLeader = false
        var lastFailure: KubernetesAPIError.Code?
        while !Task.isCancelled {
            do throws(KubernetesAPIError) {
                try await attempt()
                lastFailure = nil
            } catch {
                guard !Task.isCancelled else { return }
                // A conflict is another candidate's success.
                if error.code != lastFailure, error.code != .conflict, error.code != .alreadyExists {
                    logger.warning("the lease cannot be renewed", metadata: ["reason": .string(error.description)])
                }
                lastFailure = error.code
            }
            let isLeader = isLeader
            if isLeader != wasLeader { logger.info(isLeader ? "this replica leads" : "this replica leads no more") }
            wasLeader = isLeader
            // Those who wait look at different times, so that one of them finds the lease free first.
            let period = state.withLock { $0.timing.retryPeriod }
            try? await time.sleep(isLeader ? period : period * (1 + chance()))
        }
    }

    /// Reads the lease, and takes or renews it where that may be.
    private func attempt() async throws(KubernetesAPIError) {
        let start = time.now()
        let stored = try await read()
        let (now, wallTime) = (time.now(), time.wallTime())
        // A lease that was deleted is free no sooner than one that is not renewed: its holder may still lead.
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

    /// The lease; nil where there is none.
    private func read() async throws(KubernetesAPIError) -> JSONValue? {
        do throws(KubernetesAPIError) { return try await client.get(lease) } catch {
            guard error.code == .notFound else { throw error }
            return nil
        }
    }

    private func resign() async {
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
            logger.info("the lease was not given up; it ends by itself", metadata: ["reason": .string("\(error)")])
        }
    }
}

/// How long a lease holds and how often it is renewed; the defaults are those of Kubernetes' own controllers
/// (component-base, config/v1alpha1/defaults.go).
struct LeaseTiming: Sendable, Equatable {
    /// After so long without a renewal another one may take it.
    var duration: Duration = .seconds(15)
    /// After so long without a renewal its holder gives it up itself.
    var renewDeadline: Duration = .seconds(10)
    /// How often it is renewed, or looked at by those who wait.
    var retryPeriod: Duration = .seconds(2)
    /// How long one request may take: both that a renewal needs end before the deadline.
    var requestTimeout: Duration { renewDeadline / 3 }
}
