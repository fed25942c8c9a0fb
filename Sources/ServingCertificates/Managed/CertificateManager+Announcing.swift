import Logging
import Metrics

extension CertificateManager {
    /// Says what was written, and loudly where something was wrong before.
    func announce(_ action: RotationAction, _ record: AuthorityRecord) {
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
}
