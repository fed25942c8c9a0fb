public import KubernetesAPI
public import Logging
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

    let configuration: CertificateManagerConfiguration
    let client: KubernetesClient
    let isLeader: @Sendable () -> Bool
    let logger: Logger
    let metrics: CertificateMetrics
    let now: @Sendable () -> Int
    let clock: any Clock<Duration>
    let rotation: CertificateRotation
    let troubles: ChangeLogger
    let state = Mutex(State())

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
        self.client = client
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
