import Basics
import ClusterControllers
import ImageRegistry
import KubernetesAPI
import Logging
import PodAdmission
import ServiceLifecycle
import ServingCertificates
import WebhookServer

/// What the server does with a cluster, put together: each part a service of its own.
struct ClusterServices: Sendable {
    private let client: KubernetesClient
    /// For what tenants cause to be asked, so that they cannot keep the lease and the certificates waiting.
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
    private let proof: WebhookProbe?
    private let warmer: CacheWarmer?

    /// Puts the parts together; nothing is asked of the cluster yet.
    ///
    /// - Parameters:
    ///   - base: The policies of the file, which those of the cluster join.
    ///   - inspector: Who looks images up.
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
        proof =
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

    /// What has to be there before anything listens: the serving certificate.
    func prepare() async throws {
        try await certificates?.prepare()
    }

    /// The certificate to serve; nil where it comes from files.
    var certificate: ServingCertificateSource? {
        certificates.map { certificates in .provided { certificates.servingPair } }
    }

    /// What decisions rest on.
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

    /// Why this replica should not be sent requests yet; nil for none.
    var notReadyReason: String? { policies.notReadyReason ?? watch.notReadyReason ?? proof?.notReadyReason }

    /// What the server needs for as long as it answers.
    var servicesAround: [any Service] {
        let services: [(any Service)?] = [
            ClientService(client: client), ClientService(client: tenantsClient), leader, policies, watch, certificates,
            secrets, events, warmer,
        ]
        return services.compactMap { $0 }
    }

    /// What ends before the server does: the failure policy is mended while this replica still answers.
    var servicesBefore: [any Service] {
        let services: [(any Service)?] = [proof, failurePolicy]
        return services.compactMap { $0 }
    }

    private static func wait(until condition: @Sendable () -> Bool) async throws {
        while !condition() { try await Task.sleep(for: .milliseconds(500)) }
    }
}

/// Closes the client when everything that uses it has ended.
private struct ClientService: Service {
    let client: KubernetesClient

    func run() async throws {
        try? await gracefulShutdown()
        await client.shutdown()
    }
}
