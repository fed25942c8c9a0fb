import JSON
import KubernetesAPI
import Logging
import Metrics
import Synchronization

/// Reads the webhook configurations and writes their caBundles and paths.
final class CABundlePublisher: Sendable {
    private let configuration: CertificateManagerConfiguration
    private let client: KubernetesClient
    private let logger: Logger
    private let metrics: CertificateMetrics
    private let problems: ChangeLogger
    private let settling = Mutex(BundleSettling())

    init(
        _ configuration: CertificateManagerConfiguration,
        client: KubernetesClient,
        logger: Logger,
        metrics: CertificateMetrics,
        problems: ChangeLogger
    ) {
        self.configuration = configuration
        self.client = client
        self.logger = logger
        self.metrics = metrics
        self.problems = problems
    }

    /// Reads both webhook configurations; one that does not exist needs no caBundle.
    func read() async -> WebhookConfigurations {
        var configurations = WebhookConfigurations()
        for kind in WebhookKind.allCases {
            do throws(KubernetesAPIError) {
                configurations.found[kind] = try await read(kind)
            } catch {
                configurations.unread.insert(kind)
                problems.report(kind.part, "\(error)")
            }
        }
        return configurations
    }

    private func read(_ kind: WebhookKind) async throws(KubernetesAPIError) -> PublishedBundles? {
        let object: JSONValue
        do throws(KubernetesAPIError) {
            object = try await client.get(path(kind))
        } catch {
            guard error.code == .notFound else { throw error }
            return nil
        }
        do throws(FieldError) {
            return try PublishedBundles(
                reading: object,
                service: configuration.serviceName,
                in: configuration.serviceNamespace,
                path: kind.path
            )
        } catch {
            throw KubernetesAPIError(.refused, "the API server did not send a webhook configuration: \(error)")
        }
    }

    /// Compares the caBundles and paths with `settings`, and warns of a configuration that does not call Polypod's
    /// Service.
    ///
    /// - Parameters:
    ///   - configurations: The configurations as they were read.
    ///   - settings: The CAs that each caBundle has to contain, and the end of each path.
    ///   - now: The time of the read, in Unix time.
    /// - Returns: Whether they are right, and since when.
    func check(
        _ configurations: WebhookConfigurations,
        against settings: WebhookClientSettings,
        now: Int
    ) -> CertificateRotation.Bundles {
        for kind in WebhookKind.allCases where !configurations.unread.contains(kind) {
            let published = configurations.found[kind]
            if published?.entries.isEmpty == true {
                let service = "\(configuration.serviceNamespace)/\(configuration.serviceName)"
                problems.report(kind.part, "none of its webhooks calls the Service \(service): check clientConfig")
            } else if published?.wrong(settings).isEmpty ?? true {
                problems.resolve(kind.part)
            }
        }
        return settling.withLock { settling in
            settling.observe(isRight: configurations.areRight(settings), bundle: settings.bundle, now: now)
        }
    }

    /// Forgets since when the caBundles are right, because another replica leads now.
    func reset() { settling.withLock { $0.reset() } }

    /// Writes the settings to each webhook whose caBundle or path is wrong; true if it wrote one.
    func write(_ settings: WebhookClientSettings, to configurations: WebhookConfigurations) async -> Bool {
        var isWritten = false
        for (kind, published) in configurations.found {
            let wrong = published.wrong(settings)
            guard !wrong.isEmpty else { continue }
            do throws(KubernetesAPIError) {
                _ = try await client.patch(path(kind), .json(published.patch(wrong, to: settings)))
            } catch {
                // The API server answers 422 if the patch's test of the version fails.
                let isLostRace = error.isLostRace || error.code == .invalid
                problems.report(kind.part, "\(error)", isLostRace: isLostRace)
                continue
            }
            isWritten = true
            metrics.bundleWrites.increment()
            log(kind, wrong, settings.bundle)
        }
        return isWritten
    }

    private func path(_ kind: WebhookKind) -> ObjectPath {
        ObjectPath(kind.resource, name: configuration.webhookConfigurationName)
    }

    private func log(
        _ kind: WebhookKind,
        _ entries: [PublishedBundles.Entry],
        _ bundle: [AuthorityCertificate]
    ) {
        let before = entries.reduce(into: Set<[UInt8]>()) { all, entry in
            all.formUnion(entry.bundle.flatMap(CABundle.identities(ofEncoded:)) ?? [])
        }
        let removed = before.subtracting(bundle.map(\.der)).map(AuthorityCertificate.fingerprint(of:)).sorted()
        logger.notice(
            "caBundle written",
            metadata: [
                "configuration": .string("\(kind.rawValue)/\(configuration.webhookConfigurationName)"),
                "webhooks": .array(entries.map { .string($0.name) }),
                "trusted": .array(bundle.map { .string($0.fingerprint) }),
                "removed": .array(removed.map { .string($0) }),
            ]
        )
    }
}

/// The two kinds of webhook configurations.
enum WebhookKind: String, CaseIterable, Sendable {
    case mutating
    case validating

    fileprivate var resource: KubernetesResource {
        switch self {
        case .mutating: .mutatingWebhookConfigurations
        case .validating: .validatingWebhookConfigurations
        }
    }

    /// The path of the webhooks before the segment.
    fileprivate var path: String {
        switch self {
        case .mutating: "/mutate"
        case .validating: "/validate"
        }
    }

    fileprivate var part: ChangeLogger.Part {
        switch self {
        case .mutating: .mutating
        case .validating: .validating
        }
    }
}

/// The webhook configurations as they were read.
struct WebhookConfigurations: Sendable {
    /// The configurations that exist and could be read.
    fileprivate(set) var found: [WebhookKind: PublishedBundles] = [:]
    /// The configurations that could not be read, so that their caBundles are unknown.
    fileprivate(set) var unread: Set<WebhookKind> = []

    /// A result without configurations, for a replica that does not lead.
    init() {}

    /// Whether all contain exactly `settings`; nil if that is unknown.
    fileprivate func areRight(_ settings: WebhookClientSettings) -> Bool? {
        guard found.values.allSatisfy({ $0.wrong(settings).isEmpty }) else { return false }
        return unread.isEmpty ? true : nil
    }
}
