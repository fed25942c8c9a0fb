import Logging
import Metrics
import Synchronization

extension CertificateManager {
    /// Takes what the Secret says, where it can be used.
    func adopt(_ stored: StoredAuthority, confirmedAt: Int) {
        guard case .record(let record, _) = stored, !record.current.certificate.hasExpired(at: confirmedAt) else {
            return
        }
        metrics.authorityExpiry.record(record.current.certificate.notAfter)
        state.withLock { $0.known = KnownAuthority(record: record, confirmedAt: confirmedAt) }
    }

    /// Signs a new leaf where it is time for one; the old one goes on where that fails.
    func renewLeaf() {
        do throws(CertificateError) {
            try sign(now: now())
            troubles.ended(.signing)
        } catch {
            troubles.began(.signing, "\(error)", level: .error)
        }
    }

    /// Signs a new leaf where it is time for one.
    func sign(now: Int) throws(CertificateError) {
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
