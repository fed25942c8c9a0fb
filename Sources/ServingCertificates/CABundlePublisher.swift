import JSON
import KubernetesAPI
import Logging
import Metrics

/// Reads the webhook configurations and writes the CA into those of their webhooks that call Polypod.
struct CABundlePublisher: Sendable {
    private let client: KubernetesClient
    private let configuration: CertificateManagerConfiguration
    private let logger: Logger
    private let metrics: CertificateMetrics
    private let troubles: ChangeLogger

    /// Creates a publisher.
    ///
    /// - Parameters:
    ///   - configuration: Names the webhook configurations and the Service that they call.
    ///   - client: Needs the verbs `get` and `patch` on the webhook configurations.
    ///   - logger: Gets one line for each configuration that is written.
    ///   - metrics: Counts the writes.
    ///   - troubles: Logs what fails.
    init(
        _ configuration: CertificateManagerConfiguration,
        client: KubernetesClient,
        logger: Logger,
        metrics: CertificateMetrics,
        troubles: ChangeLogger
    ) {
        self.configuration = configuration
        self.client = client
        self.logger = logger
        self.metrics = metrics
        self.troubles = troubles
    }

    /// The webhook configurations as they are; one that is not there needs nothing, and is looked for again.
    func read() async -> WebhookConfigurations {
        var configurations = WebhookConfigurations()
        for kind in WebhookKind.allCases {
            do throws(KubernetesAPIError) {
                configurations.found[kind] = try await read(kind)
            } catch {
                configurations.unread.insert(kind)
                troubles.began(kind.part, "\(error)")
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
                in: configuration.serviceNamespace
            )
        } catch {
            throw KubernetesAPIError(.refused, "the API server gave no webhook configuration: \(error)")
        }
    }

    /// Ends the troubles with configurations that are as they should be, and warns of those that do not call Polypod.
    func assess(_ configurations: WebhookConfigurations, _ bundle: [AuthorityCertificate]) {
        for kind in WebhookKind.allCases where !configurations.unread.contains(kind) {
            let published = configurations.found[kind]
            if published?.entries.isEmpty == true {
                let service = "\(configuration.serviceNamespace)/\(configuration.serviceName)"
                troubles.began(kind.part, "none of its webhooks calls the Service \(service): look at clientConfig")
            } else if published?.wrong(bundle).isEmpty ?? true {
                troubles.ended(kind.part)
            }
        }
    }

    /// Writes the caBundles that are not right, and no other; true where one was written.
    func publish(_ bundle: [AuthorityCertificate], to configurations: WebhookConfigurations) async -> Bool {
        var isWritten = false
        for (kind, published) in configurations.found {
            let wrong = published.wrong(bundle)
            guard !wrong.isEmpty else { continue }
            do throws(KubernetesAPIError) {
                _ = try await client.patch(path(kind), .json(published.patch(wrong, to: bundle)))
            } catch {
                // 422 is how the API server says that the test of the version failed.
                let isLostRace = error.isLostRace || error.code == .invalid
                troubles.began(kind.part, "\(error)", isLostRace: isLostRace)
                continue
            }
            isWritten = true
            metrics.bundleWrites.increment()
            announce(kind, wrong, bundle)
        }
        return isWritten
    }

    private func path(_ kind: WebhookKind) -> ObjectPath {
        ObjectPath(kind.resource, name: configuration.webhookConfigurationName)
    }

    private func announce(
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

/// What was found of the two webhook configurations.
struct WebhookConfigurations: Sendable {
    /// Those that are there and could be read.
    var found: [WebhookKind: PublishedBundles] = [:]
    /// Those that could not be read, so that nobody knows what they say.
    var unread: Set<WebhookKind> = []

    /// Whether all hold exactly `bundle`; nil where that is not known.
    func areRight(_ bundle: [AuthorityCertificate]) -> Bool? {
        guard found.values.allSatisfy({ $0.wrong(bundle).isEmpty }) else { return false }
        return unread.isEmpty ? true : nil
    }
}

/// The two kinds of webhook configurations.
enum WebhookKind: String, CaseIterable, Sendable {
    case mutating
    case validating

    var resource: KubernetesResource {
        switch self {
        case .mutating: .mutatingWebhookConfigurations
        case .validating: .validatingWebhookConfigurations
        }
    }

    var part: ChangeLogger.Part {
        switch self {
        case .mutating: .mutating
        case .validating: .validating
        }
    }
}
