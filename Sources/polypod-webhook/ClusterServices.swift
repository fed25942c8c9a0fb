import Basics
import ClusterControllers
import ImageRegistry
import KubernetesAPI
import Logging
import PodAdmission
import ServiceLifecycle
import ServingCertificates
import WebhookServer

/// The services of a server that uses a cluster.
struct ClusterServices: Sendable {
    private let client: KubernetesClient
    /// The client for requests that tenants cause, so that these cannot delay the lease and the certificates.
    private let tenantsClient: KubernetesClient
    private let leader: LeaderElection
    private let policies: PolicyController
    private let watch: ClusterWatch
    private let certificates: CertificateManager?
    private let secrets: PullSecretReader?
    /// Answers what images are, with the pull secrets of the cluster.
    let images: ImageResolver
    private let events: EventRecorder?
    private let failurePolicy: FailurePolicyController?
    private let probe: WebhookProbe?
    private let warmer: CacheWarmer?

    /// Creates the services; they send no request before they run.
    ///
    /// - Parameters:
    ///   - settings: The settings of the cluster.
    ///   - base: The policies of `--policy`, to which those of the cluster are added.
    ///   - inspector: Looks images up.
    init(_ settings: ClusterSettings, base: PolicySet, inspector: ImageInspector) {
        let client = KubernetesClient(settings.access)
        self.client = client
        let tenantsClient = KubernetesClient(settings.access)
        self.tenantsClient = tenantsClient
        let logger = Logger(label: "polypod-cluster")
        let leader = LeaderElection(
            client: client,
            lease: ObjectPath(.leases, namespace: settings.namespace, name: settings.service),
            identity: settings.instance,
            logger: logger
        )
        self.leader = leader
        policies = PolicyController(client: client, base: base, instance: settings.instance, logger: logger)
        watch = ClusterWatch(client: client, logger: logger)
        certificates =
            settings.managesCertificates
            ? CertificateManager(
                CertificateManagerConfiguration(
                    serviceNamespace: settings.namespace,
                    serviceName: settings.service
                ),
                client: client,
                isLeader: { leader.isLeader },
                logger: logger,
                now: UnixTime.seconds
            ) : nil
        let secrets = settings.readsPullSecrets ? PullSecretReader(client: tenantsClient) : nil
        self.secrets = secrets
        images = ImageResolver(inspector: inspector, secrets: secrets)
        events =
            settings.writesEvents ? EventRecorder(client: client, instance: settings.instance, logger: logger) : nil
        let endpoints = WebhookEndpoints(
            namespace: settings.namespace,
            service: settings.service,
            instance: settings.instance
        )
        let failurePolicy =
            settings.managesFailurePolicy
            ? FailurePolicyController(
                client: client,
                endpoints: endpoints,
                isLeader: { leader.isLeader },
                logger: logger
            ) : nil
        self.failurePolicy = failurePolicy
        probe =
            settings.provesItself
            ? WebhookProbe(client: client, endpoints: endpoints, logger: logger) { failurePolicy?.record($0) } : nil
        let watched = watch
        warmer =
            settings.warmsCache
            ? CacheWarmer(
                client: client,
                images: images,
                ready: { try await Self.wait { watched.notReadyReason == nil } },
                logger: logger
            ) : nil
    }

    /// Reads or creates the serving certificate, which the server needs before it listens.
    ///
    /// - Throws: `CertificateError` if there is none.
    func prepare() async throws {
        try await certificates?.prepare()
    }

    /// The source of the serving certificate; nil if it comes from files.
    var certificate: ServingCertificateSource? {
        certificates.map { certificates in .provided { certificates.servingPair } }
    }

    /// Returns the ends of the webhooks' paths; nil if the certificate and the configurations are not managed.
    var pathSegments: (@Sendable () -> Set<String>)? {
        guard let certificates else { return nil }
        return { certificates.pathSegments }
    }

    /// The environment of the admission handler.
    var environment: AdmissionEnvironment {
        let (policies, watch, events) = (policies, watch, events)
        var environment = AdmissionEnvironment()
        environment.policies = { policies.policies }
        environment.cluster = { watch.knowledge }
        environment.namespaceLabels = { await watch.labels(ofNamespace: $0) }
        environment.decided = { admission in
            policies.record(admission)
            events?.record(admission)
        }
        environment.probeNamespace = WebhookProbe.namespace
        return environment
    }

    /// The reason why this replica is not ready for requests; nil if it is ready.
    var notReadyReason: String? { policies.notReadyReason ?? watch.notReadyReason ?? probe?.notReadyReason }

    /// The services that must run as long as the server serves.
    var servicesAround: [any Service] {
        let services: [(any Service)?] = [
            ClientService(client: client), ClientService(client: tenantsClient), leader, policies, watch, certificates,
            secrets, events, warmer,
        ]
        return services.compactMap { $0 }
    }

    /// The services that shut down before the server, so that the failure policy changes while this replica serves.
    var servicesBefore: [any Service] {
        let services: [(any Service)?] = [probe, failurePolicy]
        return services.compactMap { $0 }
    }

    /// Waits until `condition` holds; checks it twice a second.
    private static func wait(until condition: @Sendable () -> Bool) async throws {
        while !condition() { try await Task.sleep(for: .milliseconds(500)) }
    }
}

/// Closes the client after the services that use it have shut down.
private struct ClientService: Service {
    let client: KubernetesClient

    func run() async throws {
        try? await gracefulShutdown()
        await client.shutdown()
    }
}
