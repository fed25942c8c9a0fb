import JSON
import KubernetesAPI
import Logging
import Metrics

extension CertificateManager {
    /// The webhook configurations as they are; one that is not there needs nothing, and is looked for again.
    func readConfigurations() async -> WebhookConfigurations {
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
