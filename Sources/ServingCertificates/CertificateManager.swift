public import KubernetesAPI
public import Logging
import Metrics
public import ServiceLifecycle
import Synchronization

/// Keeps a CA in a Secret, a leaf of its own in memory, and the CA in the caBundles of the webhook configurations.
///
/// All replicas read the Secret; the one that leads writes it and the caBundles. Every write carries the
/// resourceVersion that was read, so that two who both believe to lead cannot undo each other's.
public final class CertificateManager: Service, Sendable {
    struct State: Sendable {
        var known: KnownAuthority?
        var leaf: ServingLeaf?
        var settling = BundleSettling()
    }

    private let configuration: CertificateManagerConfiguration
    private let store: AuthorityStore
    private let publisher: CABundlePublisher
    private let isLeader: @Sendable () -> Bool
    private let logger: Logger
    private let metrics: CertificateMetrics
    private let now: @Sendable () -> Int
    private let clock: any Clock<Duration>
    private let rotation: CertificateRotation
    private let troubles: ChangeLogger
    private let state = Mutex(State())

    /// Creates the service; ``prepare()`` comes before anything listens, and before ``run()``.
    ///
    /// - Parameters:
    ///   - configuration: What to look after.
    ///   - client: Whom to ask.
    ///   - isLeader: Whether this replica is the one that writes.
    ///   - logger: Where it says what it does.
    ///   - metrics: Where it counts.
    ///   - now: The clock that certificates are made by, in Unix time.
    ///   - clock: The clock that it waits by.
    public init(
        _ configuration: CertificateManagerConfiguration,
        client: KubernetesClient,
        isLeader: @escaping @Sendable () -> Bool,
        logger: Logger,
        metrics: CertificateMetrics = CertificateMetrics(),
        now: @escaping @Sendable () -> Int,
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.configuration = configuration
        store = AuthorityStore(
            configuration,
            client: client,
            logger: logger,
            metrics: metrics,
            now: now
        )
        self.isLeader = isLeader
        self.logger = logger
        self.metrics = metrics
        self.now = now
        self.clock = clock
        rotation = CertificateRotation(
            lifetimes: RotationLifetimes(
                leaf: configuration.leafLifetime.wholeSeconds,
                settle: configuration.settle.wholeSeconds
            )
        )
        troubles = ChangeLogger(logger: logger)
        publisher = CABundlePublisher(
            configuration,
            client: client,
            logger: logger,
            metrics: metrics,
            troubles: troubles
        )
    }

    /// The pair to serve, both PEM: empty before ``prepare()``, another one from time to time.
    public var servingPair: (certificate: String, key: String) {
        state.withLock { ($0.leaf?.pair.certificate ?? "", $0.leaf?.pair.key ?? "") }
    }

    /// The rounds after a start that follow each other quickly.
    private static let hastyRounds = 20

    /// Looks at the Secret and, while it leads, at the caBundles, again and again until shutdown.
    public func run() async throws {
        // The sleep throws only when it is cancelled, which is the end.
        try? await cancelWhenGracefulShutdown {
            var haste = Self.hastyRounds
            while !Task.isCancelled {
                await self.round()
                // The lease is taken a moment after the start, and until then no API server may trust any replica.
                let interval = min(self.configuration.pollInterval, haste > 0 ? .seconds(1) : .seconds(60))
                haste = max(0, haste - 1)
                // Replicas that start together must not ask together for good.
                try await self.clock.sleep(for: interval * Double.random(in: 0.9...1.1), tolerance: nil)
            }
        }
    }
}

extension CertificateManager {
    /// Reads the CA, or makes it where there is none that works, and signs the first leaf.
    ///
    /// Any replica may make the CA: the API server takes one Secret of a name, and the others read that. An API server
    /// that does not answer, as after a node's start, is waited for: a process that ends instead is started again later
    /// and later, and would be away for minutes after the API server is back.
    /// - Throws: ``CertificateError``.
    public func prepare() async throws(CertificateError) {
        for _ in 0..<Self.maximumAttempts {
            let confirmedAt = now()
            let secret = try await storedSecret()
            guard let action = rotation.recovery(secret.stored, known: nil, now: confirmedAt) else {
                adopt(secret.stored, confirmedAt: confirmedAt)
                return try sign(now: confirmedAt)
            }
            if case .wait(let error) = action { throw error }
            guard let record = try store.change(secret, by: action) else { break }
            do throws(KubernetesAPIError) {
                try await store.write(record, over: secret, for: action)
            } catch {
                guard error.isLostRace else {
                    throw CertificateError(.kubernetes, "the Secret with the CA cannot be written: \(error)")
                }
            }
            // Read it again: the stored Secret counts, also if another replica wrote it.
        }
        throw CertificateError(
            .contended,
            "the Secret with the CA was changed by others each time it was written: look who writes it"
        )
    }

    private static var maximumAttempts: Int { 5 }

    /// How long an API server that does not answer is waited for, in seconds; less than the startup probe allows.
    private static var patience: Int { 240 }

    private func storedSecret() async throws(CertificateError) -> AuthoritySecret {
        let end = now() + Self.patience
        while true {
            let failure: KubernetesAPIError
            do throws(KubernetesAPIError) {
                let secret = try await store.read()
                troubles.ended(.readingSecret)
                return secret
            } catch {
                failure = error
            }
            guard failure.mayPass, now() < end,
                (try? await clock.sleep(for: min(configuration.pollInterval, .seconds(2)), tolerance: nil)) != nil
            else { throw CertificateError(.kubernetes, "the Secret with the CA cannot be read: \(failure)") }
            troubles.began(.readingSecret, "\(failure)")
        }
    }
}

extension KubernetesAPIError {
    /// Whether somebody else was faster.
    var isLostRace: Bool { code == .conflict || code == .alreadyExists }

    /// Whether it may be over in a moment without anybody's doing: an API server that is starting, or too busy.
    var mayPass: Bool {
        switch code {
        case .unreachable, .timeout, .tooManyRequests, .refused: true
        case .notInCluster, .configuration, .unauthenticated, .forbidden, .notFound, .conflict, .alreadyExists, .gone,
            .invalid:
            false
        }
    }
}

extension CertificateManager {
    /// The most steps of one round: more than any way through the rotation has that need not wait.
    private static var maximumSteps: Int { 8 }

    /// One look at all there is, and every step that follows from it.
    ///
    /// While the API server does not answer, what there is goes on.
    func round() async {
        for _ in 0..<Self.maximumSteps where await !step() { break }
        renewLeaf()
    }

    /// One step; false where there is nothing more to do now.
    private func step() async -> Bool {
        let leads = isLeader()
        // Before the Secret: a caBundle is then only ever written by a Secret that is newer than what it replaces. A
        // replica that was held up, and leads no more, cannot take a new CA out again.
        let configurations = leads ? await publisher.read() : WebhookConfigurations()
        let confirmedAt = now()
        let secret: AuthoritySecret
        do throws(KubernetesAPIError) {
            secret = try await store.read()
            troubles.ended(.readingSecret)
        } catch {
            troubles.began(.readingSecret, "\(error)")
            return false
        }
        let known = state.withLock { $0.known?.record }
        adopt(secret.stored, confirmedAt: confirmedAt)
        renewLeaf()
        guard leads else {
            state.withLock { $0.settling.reset() }
            return false
        }
        let action = rotation.action(
            secret.stored,
            known: known,
            bundles: observe(configurations, secret.stored, now: confirmedAt),
            now: confirmedAt
        )
        // Reading took its time.
        guard isLeader() else { return false }
        return await perform(action, on: secret, configurations)
    }

    private func observe(
        _ configurations: WebhookConfigurations,
        _ stored: StoredAuthority,
        now: Int
    ) -> CertificateRotation.Bundles {
        guard case .record(let record, _) = stored else { return .unknown }
        publisher.assess(configurations, record.bundle)
        return state.withLock { state in
            state.settling.observe(
                isRight: configurations.areRight(record.bundle),
                bundle: record.bundle,
                now: now
            )
        }
    }

    private func perform(
        _ action: RotationAction,
        on secret: AuthoritySecret,
        _ configurations: WebhookConfigurations
    ) async -> Bool {
        switch action {
        case .nothing:
            troubles.ended(.authority)
            troubles.ended(.writingSecret)
            return false
        case .wait(let error):
            troubles.began(.authority, "\(error)", level: .error)
            return false
        case .publish:
            guard case .record(let record, _) = secret.stored else { return false }
            return await publisher.publish(record.bundle, to: configurations)
        case .create, .restore, .repair, .stage, .promote, .dropPrevious:
            return await perform(action, on: secret)
        }
    }

    private func perform(_ action: RotationAction, on secret: AuthoritySecret) async -> Bool {
        let record: AuthorityRecord
        do throws(CertificateError) {
            guard let changed = try store.change(secret, by: action) else { return false }
            record = changed
        } catch {
            troubles.began(.authority, "\(error)", level: .error)
            return false
        }
        do throws(KubernetesAPIError) {
            try await store.write(record, over: secret, for: action)
        } catch {
            // Somebody else's step may make this one needless; the next round sees.
            troubles.began(.writingSecret, "\(error)", isLostRace: error.isLostRace)
            return false
        }
        troubles.ended(.writingSecret)
        return true
    }
}

extension CertificateManager {
    /// Takes what the Secret says, where it can be used.
    private func adopt(_ stored: StoredAuthority, confirmedAt: Int) {
        guard case .record(let record, _) = stored, !record.current.certificate.hasExpired(at: confirmedAt) else {
            return
        }
        metrics.authorityExpiry.record(record.current.certificate.notAfter)
        state.withLock { $0.known = KnownAuthority(record: record, confirmedAt: confirmedAt) }
    }

    /// Signs a new leaf where it is time for one; the old one goes on where that fails.
    private func renewLeaf() {
        do throws(CertificateError) {
            try sign(now: now())
            troubles.ended(.signing)
        } catch {
            troubles.began(.signing, "\(error)", level: .error)
        }
    }

    /// Signs a new leaf where it is time for one.
    private func sign(now: Int) throws(CertificateError) {
        let (known, leaf) = state.withLock { ($0.known, $0.leaf) }
        let lifetime = configuration.leafLifetime.wholeSeconds
        guard let known, leaf?.isDue(known, lifetime: lifetime, now: now) ?? true else { return }
        let new = try ServingLeaf(known, names: configuration.dnsNames, lifetime: lifetime)
        state.withLock { $0.leaf = new }
        logger.info(
            "serving certificate signed",
            metadata: [
                "ca": .string(new.issuer.fingerprint),
                "expires": .string(AuthoritySecret.timeText(new.notAfter)),
            ]
        )
    }
}
