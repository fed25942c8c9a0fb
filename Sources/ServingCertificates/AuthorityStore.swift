import Basics
import KubernetesAPI
import Logging
import Metrics

/// Reads and writes the Secret with the CA.
struct AuthorityStore: Sendable {
    /// The longest wait for an API server that does not answer at the start, in seconds; the startup probe allows more.
    private static let patience = 240

    private let configuration: CertificateManagerConfiguration
    private let client: KubernetesClient
    private let logger: Logger
    private let metrics: CertificateMetrics
    private let now: @Sendable () -> Int
    private let clock: any Clock<Duration>
    private let problems: ChangeLogger

    init(
        _ configuration: CertificateManagerConfiguration,
        client: KubernetesClient,
        logger: Logger,
        metrics: CertificateMetrics,
        now: @escaping @Sendable () -> Int,
        clock: any Clock<Duration>,
        problems: ChangeLogger
    ) {
        self.configuration = configuration
        self.client = client
        self.logger = logger
        self.metrics = metrics
        self.now = now
        self.clock = clock
        self.problems = problems
    }

    /// Reads the Secret.
    ///
    /// - Returns: The Secret; ``AuthoritySecret/absent`` if it does not exist.
    /// - Throws: `KubernetesAPIError` if the API server does not answer or refuses.
    func read() async throws(KubernetesAPIError) -> AuthoritySecret {
        let secret: AuthoritySecret
        do throws(KubernetesAPIError) {
            secret = AuthoritySecret(reading: try await client.get(configuration.secret))
        } catch {
            guard error.code == .notFound else { throw error }
            secret = .absent
        }
        problems.resolve(.readingSecret)
        return secret
    }

    /// Reads the Secret and waits for an API server that does not answer, as after the start of a node.
    ///
    /// A process that ended instead would be restarted after longer and longer pauses, and would be missing for minutes
    /// after the API server is back.
    /// - Returns: The Secret; ``AuthoritySecret/absent`` if it does not exist.
    /// - Throws: ``CertificateError`` with `kubernetes` if the wait is over or the API server refuses.
    func readPatiently() async throws(CertificateError) -> AuthoritySecret {
        let end = now() + Self.patience
        while true {
            let failure: KubernetesAPIError
            do throws(KubernetesAPIError) { return try await read() } catch { failure = error }
            guard failure.isTemporary, now() < end,
                (try? await clock.sleep(for: min(configuration.pollInterval, .seconds(2)), tolerance: nil)) != nil
            else { throw CertificateError(.kubernetes, "the Secret with the CA cannot be read: \(failure)") }
            problems.report(.readingSecret, "\(failure)")
        }
    }

    /// The content of the Secret after `action`; nil if the action does not change it.
    ///
    /// - Parameters:
    ///   - action: The next action.
    ///   - secret: The Secret as it was read.
    /// - Returns: The new content, with a new CA if the action needs one.
    /// - Throws: ``CertificateError`` with `issuing`.
    func record(
        after action: RotationAction,
        in secret: AuthoritySecret
    ) throws(CertificateError) -> AuthorityRecord? {
        switch (action, secret.stored) {
        case (.create, _):
            var record = AuthorityRecord(current: try makeAuthority())
            // A new CA satisfies every request for a rotation.
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

    /// Writes `record` in place of the Secret that was read, and logs the change.
    ///
    /// - Parameters:
    ///   - record: The new content.
    ///   - action: The action that led to it.
    ///   - secret: The Secret as it was read.
    /// - Throws: `KubernetesAPIError`, with `conflict` or `alreadyExists` if another client wrote first.
    func write(
        _ record: AuthorityRecord,
        after action: RotationAction,
        over secret: AuthoritySecret
    ) async throws(KubernetesAPIError) {
        let object = secret.object(storing: record, at: configuration.secret)
        if case .absent = secret.stored {
            _ = try await client.create(object, as: .secrets, namespace: configuration.secret.namespace)
        } else {
            _ = try await client.replace(object, at: configuration.secret)
        }
        problems.resolve(.writingSecret)
        log(action, record)
    }

    private func makeAuthority() throws(CertificateError) -> SigningAuthority {
        let now = now()
        return try SigningAuthority.make(
            named: "Polypod CA",
            from: now - ServingLeaf.backdating,
            until: now + configuration.caLifetime.wholeSeconds
        )
    }

    /// Logs a write, as an error if the Secret was damaged before.
    private func log(_ action: RotationAction, _ record: AuthorityRecord) {
        var metadata: Logger.Metadata = [
            "ca": .string(record.current.certificate.fingerprint),
            "expires": .string(Timestamp(seconds: record.current.certificate.notAfter).text(.seconds)),
        ]
        if let next = record.next { metadata["next"] = .string(next.certificate.fingerprint) }
        switch action {
        case .create(.absent), .create(.empty): logger.notice("CA created", metadata: metadata)
        case .create(.expired): logger.error("the CA had expired; created a new CA", metadata: metadata)
        case .create(.unreadable):
            logger.error("the CA in the Secret was not readable; created a new CA", metadata: metadata)
        case .restore(_, let cause):
            metadata["cause"] = .string(cause.rawValue)
            logger.error("the CA was lost from the Secret; restored it with a successor", metadata: metadata)
        case .repair(let damage):
            metadata["keys"] = .array(damage.map { .string($0) })
            logger.error("the Secret contained unusable data; removed it", metadata: metadata)
        case .stage(let occasion):
            metadata["occasion"] = .string(occasion.rawValue)
            logger.notice("created the CA's successor; it signs once every caBundle contains it", metadata: metadata)
        case .promote:
            metrics.rotations.increment()
            logger.notice("CA rotated", metadata: metadata)
        case .dropPrevious: logger.notice("earlier CAs are no longer trusted", metadata: metadata)
        case .wait, .publish, .nothing: break
        }
    }
}

extension KubernetesAPIError {
    /// Whether another client wrote first.
    var isLostRace: Bool { code == .conflict || code == .alreadyExists }

    /// Whether it may end without any change: the API server is starting or too busy.
    fileprivate var isTemporary: Bool {
        switch code {
        case .unreachable, .timeout, .tooManyRequests, .refused: true
        case .notInCluster, .configuration, .unauthenticated, .forbidden, .notFound, .conflict, .alreadyExists, .gone,
            .invalid:
            false
        }
    }
}
