import Basics
public import KubernetesAPI
public import Logging
import Metrics
public import ServiceLifecycle
import Synchronization

/// Manages the CA in a Secret, a serving certificate in memory, and the CA and the paths in the webhook configurations.
///
/// All replicas read the Secret; the leader writes it and the caBundles. Every write carries the resourceVersion that was
/// read, so that two replicas that both believe to lead cannot undo each other's writes.
public final class CertificateManager: Service, Sendable {
    private struct State: Sendable {
        var known: KnownAuthority?
        var leaf: ServingLeaf?
        var segments: Set<String> = []
    }

    /// The rounds right after the start, one second apart.
    private static let quickRounds = 20
    /// The most steps of one round: more than the rotation ever takes without a wait.
    private static let maximumSteps = 8
    /// The most attempts to write the Secret at the start.
    private static let maximumAttempts = 5

    private let configuration: CertificateManagerConfiguration
    private let store: AuthorityStore
    private let publisher: CABundlePublisher
    private let isLeader: @Sendable () -> Bool
    private let logger: Logger
    private let metrics: CertificateMetrics
    private let now: @Sendable () -> Int
    private let clock: any Clock<Duration>
    private let rotation: CertificateRotation
    private let problems: ChangeLogger
    private let state = Mutex(State())

    /// Creates the service; call ``prepare()`` before the server listens and before ``run()``.
    ///
    /// - Parameters:
    ///   - configuration: The managed objects and the lifetimes.
    ///   - client: The client for the Secret and the webhook configurations.
    ///   - isLeader: Whether this replica leads, so that it writes.
    ///   - logger: The logger for changes of the CA and for problems.
    ///   - metrics: The metrics of the CA.
    ///   - now: The clock for certificates, in Unix time.
    ///   - clock: The clock for pauses.
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
        problems = ChangeLogger(logger: logger)
        store = AuthorityStore(
            configuration,
            client: client,
            logger: logger,
            metrics: metrics,
            now: now,
            clock: clock,
            problems: problems
        )
        publisher = CABundlePublisher(
            configuration,
            client: client,
            logger: logger,
            metrics: metrics,
            problems: problems
        )
    }

    /// The current certificate and key, both PEM; empty before ``prepare()``, and replaced from time to time.
    public var servingPair: (certificate: String, key: String) {
        state.withLock { ($0.leaf?.pair.certificate ?? "", $0.leaf?.pair.key ?? "") }
    }

    /// The ends of the webhooks' paths that a client can use; empty before ``prepare()``, and replaced from time to time.
    public var pathSegments: Set<String> { state.withLock { $0.segments } }

    /// Reads the CA, or creates it if there is no usable one, and signs the first serving certificate.
    ///
    /// Any replica may create the CA: the API server accepts only one Secret of a name, and the other replicas read it.
    ///
    /// - Throws: ``CertificateError``: with `kubernetes` if the API server does not answer for four minutes or refuses,
    ///   with `contended` if other clients change the Secret before each write, and with other codes if a person has to
    ///   fix the Secret.
    public func prepare() async throws(CertificateError) {
        for _ in 0..<Self.maximumAttempts {
            let confirmedAt = now()
            let secret = try await store.readPatiently()
            guard let action = rotation.recovery(secret.stored, known: nil, now: confirmedAt) else {
                adopt(secret.stored, confirmedAt: confirmedAt)
                return try sign(now: confirmedAt)
            }
            if case .wait(let error) = action { throw error }
            guard let record = try store.record(after: action, in: secret) else { break }
            do throws(KubernetesAPIError) {
                try await store.write(record, after: action, over: secret)
            } catch {
                guard error.isLostRace else {
                    throw CertificateError(.kubernetes, "the Secret with the CA cannot be written: \(error)")
                }
            }
            // Read again: the stored CA counts, whichever replica wrote it.
        }
        throw CertificateError(
            .contended,
            "other clients changed the Secret with the CA before each write: find out which clients write it"
        )
    }

    /// Reads the Secret and, while it leads, the caBundles in rounds until graceful shutdown.
    ///
    /// - Throws: Nothing; the signature is that of `Service`.
    public func run() async throws {
        // The sleep throws only if it is cancelled, which is the end.
        try? await cancelWhenGracefulShutdown {
            var quickRounds = Self.quickRounds
            while !Task.isCancelled {
                await self.round()
                // A replica becomes the leader shortly after the start; until then no API server may trust any replica.
                let interval = min(self.configuration.pollInterval, quickRounds > 0 ? .seconds(1) : .seconds(60))
                quickRounds = max(0, quickRounds - 1)
                // Replicas that start together must not send their requests together forever.
                try await self.clock.sleep(for: interval * Double.random(in: 0.9...1.1), tolerance: nil)
            }
        }
    }

    /// Reads everything once and takes every step that follows from it.
    ///
    /// While the API server does not answer, the known CA and the serving certificate stay in use.
    func round() async {
        for _ in 0..<Self.maximumSteps where await !step() { break }
        renewLeaf()
    }

    /// Takes one step; false if no other step can follow now.
    private func step() async -> Bool {
        let leads = isLeader()
        // Read the configurations before the Secret: then a caBundle is only ever replaced with the CAs of a newer
        // Secret, and a replica that was suspended and no longer leads cannot remove a new CA.
        let configurations = leads ? await publisher.read() : WebhookConfigurations()
        let confirmedAt = now()
        let secret: AuthoritySecret
        do throws(KubernetesAPIError) {
            secret = try await store.read()
        } catch {
            problems.report(.readingSecret, "\(error)")
            return false
        }
        let known = state.withLock { $0.known?.record }
        adopt(secret.stored, confirmedAt: confirmedAt)
        renewLeaf()
        guard leads else {
            publisher.reset()
            return false
        }
        var bundles = CertificateRotation.Bundles.unknown
        if case .record(let record, _) = secret.stored {
            bundles = publisher.check(configurations, against: WebhookClientSettings(record), now: confirmedAt)
        }
        let action = rotation.action(secret.stored, known: known, bundles: bundles, now: confirmedAt)
        // Another replica may lead by now, because the reads took time.
        guard isLeader() else { return false }
        return await perform(action, on: secret, configurations)
    }

    private func perform(
        _ action: RotationAction,
        on secret: AuthoritySecret,
        _ configurations: WebhookConfigurations
    ) async -> Bool {
        switch action {
        case .nothing:
            problems.resolve(.authority)
            problems.resolve(.writingSecret)
            return false
        case .wait(let error):
            problems.report(.authority, "\(error)", level: .error)
            return false
        case .publish:
            guard case .record(let record, _) = secret.stored else { return false }
            return await publisher.write(WebhookClientSettings(record), to: configurations)
        case .create, .restore, .repair, .stage, .promote, .dropPrevious:
            return await change(secret, by: action)
        }
    }

    private func change(_ secret: AuthoritySecret, by action: RotationAction) async -> Bool {
        let record: AuthorityRecord
        do throws(CertificateError) {
            guard let changed = try store.record(after: action, in: secret) else { return false }
            record = changed
        } catch {
            problems.report(.authority, "\(error)", level: .error)
            return false
        }
        do throws(KubernetesAPIError) {
            try await store.write(record, after: action, over: secret)
            return true
        } catch {
            // Another client's write may make this step unnecessary; the next round decides again.
            problems.report(.writingSecret, "\(error)", isLostRace: error.isLostRace)
            return false
        }
    }

    /// Keeps the Secret's CA for signing if it is usable.
    private func adopt(_ stored: StoredAuthority, confirmedAt: Int) {
        guard case .record(let record, _) = stored, !record.current.certificate.hasExpired(at: confirmedAt) else {
            return
        }
        metrics.authorityExpiry.record(record.current.certificate.notAfter)
        let segments = record.segments
        state.withLock { state in
            state.known = KnownAuthority(record: record, confirmedAt: confirmedAt)
            state.segments = segments
        }
    }

    /// Signs a new leaf if it is due; the old one stays in use if that fails.
    private func renewLeaf() {
        do throws(CertificateError) {
            try sign(now: now())
            problems.resolve(.signing)
        } catch {
            problems.report(.signing, "\(error)", level: .error)
        }
    }

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
                "expires": .string(Timestamp(seconds: new.notAfter).text(.seconds)),
            ]
        )
    }
}
