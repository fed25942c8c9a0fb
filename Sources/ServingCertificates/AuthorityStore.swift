import CoreMetrics
import KubernetesAPI
import Logging

/// Reads and writes the Secret that holds the CA, and makes CAs for it.
struct AuthorityStore: Sendable {
    private let client: KubernetesClient
    private let path: ObjectPath
    /// In seconds.
    private let caLifetime: Int
    private let logger: Logger
    private let metrics: CertificateMetrics
    private let now: @Sendable () -> Int

    /// Creates a store.
    ///
    /// - Parameters:
    ///   - configuration: Names the Secret and the lifetime of a CA.
    ///   - client: Needs the verbs `get`, `create` and `update` on that Secret.
    ///   - logger: Gets one line for each write.
    ///   - metrics: Counts the rotations.
    ///   - now: The time that certificates start from, in Unix time.
    init(
        _ configuration: CertificateManagerConfiguration,
        client: KubernetesClient,
        logger: Logger,
        metrics: CertificateMetrics,
        now: @escaping @Sendable () -> Int
    ) {
        self.client = client
        path = configuration.secret
        caLifetime = configuration.caLifetime.wholeSeconds
        self.logger = logger
        self.metrics = metrics
        self.now = now
    }

    /// Reads the Secret; ``AuthoritySecret/absent`` if there is none.
    func read() async throws(KubernetesAPIError) -> AuthoritySecret {
        do throws(KubernetesAPIError) {
            return AuthoritySecret(reading: try await client.get(path))
        } catch {
            guard error.code == .notFound else { throw error }
            return .absent
        }
    }

    /// Writes `record`, and logs the action that it comes from.
    ///
    /// - Parameters:
    ///   - record: The new content.
    ///   - secret: The Secret as it was read.
    ///   - action: Why it is written.
    /// - Throws: `KubernetesAPIError` with `conflict` or `alreadyExists` if the Secret changed since it was read.
    func write(
        _ record: AuthorityRecord,
        over secret: AuthoritySecret,
        for action: RotationAction
    ) async throws(KubernetesAPIError) {
        let object = secret.holding(record, at: path)
        if case .absent = secret.stored {
            _ = try await client.create(object, as: .secrets, namespace: path.namespace)
        } else {
            _ = try await client.replace(object, at: path)
        }
        announce(action, record)
    }

    /// Logs a write: at `notice` in the normal course, at `error` if the Secret was damaged, lost or expired.
    private func announce(_ action: RotationAction, _ record: AuthorityRecord) {
        var metadata: Logger.Metadata = [
            "ca": .string(record.current.certificate.fingerprint),
            "expires": .string(AuthoritySecret.timeText(record.current.certificate.notAfter)),
        ]
        if let next = record.next { metadata["next"] = .string(next.certificate.fingerprint) }
        switch action {
        case .create(.absent), .create(.empty): logger.notice("CA made", metadata: metadata)
        case .create(.expired): logger.error("the CA had expired; a new one took its place", metadata: metadata)
        case .create(.unreadable):
            logger.error("the CA in the Secret could not be read; a new one took its place", metadata: metadata)
        case .restore(_, let cause):
            metadata["cause"] = .string(cause.rawValue)
            logger.error("the CA was gone from the Secret; it is back, with a successor", metadata: metadata)
        case .repair(let damage):
            metadata["keys"] = .array(damage.map { .string($0) })
            logger.error("the Secret held what could not be used; it was taken out", metadata: metadata)
        case .stage(let occasion):
            metadata["occasion"] = .string(occasion.rawValue)
            logger.notice("CA's successor made; it signs when every caBundle holds it", metadata: metadata)
        case .promote:
            metrics.rotations.increment()
            logger.notice("CA rotated", metadata: metadata)
        case .dropPrevious: logger.notice("earlier CAs no longer trusted", metadata: metadata)
        case .wait, .publish, .nothing: break
        }
    }

    /// What the Secret should say after `action`; nil where that does not change it.
    func change(
        _ secret: AuthoritySecret,
        by action: RotationAction
    ) throws(CertificateError) -> AuthorityRecord? {
        switch (action, secret.stored) {
        case (.create, _):
            var record = AuthorityRecord(current: try makeAuthority())
            // A new CA answers every request.
            record.request = secret.request
            record.answered = secret.request
            return record
        case (.restore(let known, _), _):
            return known.next == nil ? known.staged(try makeAuthority()) : known
        case (.repair(let damage), .record(var record, _)):
            if damage.contains(AuthoritySecret.Key.next) {
                record.next = nil
                record.stagedFor = nil
            }
            return record
        case (.stage, .record(let record, _)): return record.staged(try makeAuthority())
        case (.promote, .record(let record, _)): return record.promoted(at: now())
        case (.dropPrevious, .record(let record, _)): return record.withoutPrevious()
        default: return nil
        }
    }

    private func makeAuthority() throws(CertificateError) -> SigningAuthority {
        let now = now()
        return try SigningAuthority.make(
            named: "Polypod CA",
            from: now - ServingLeaf.backdating,
            until: now + caLifetime
        )
    }
}
