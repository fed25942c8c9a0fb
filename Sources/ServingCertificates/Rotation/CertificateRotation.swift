/// The rules of the CA's life, from what is seen to the next thing to do.
///
/// A CA is staged, published beside the others in every caBundle, left to settle, promoted, and dropped when no leaf
/// of its can be valid any more. Each step is one write, and each state between two of them can be gone on from by any
/// replica.
struct CertificateRotation: Sendable {
    /// What the caBundles say.
    enum Bundles: Sendable, Equatable {
        /// Nobody looked, or not all of them could be read.
        case unknown
        /// Some lack a CA, or hold a foreign one.
        case wrong
        /// All were read and hold what they should, as they have since then, in Unix time.
        case right(since: Int)
    }

    let lifetimes: RotationLifetimes

    /// What has to be done before anything can be signed; nil where a CA can sign.
    ///
    /// - Parameters:
    ///   - stored: What the Secret says.
    ///   - known: What it said when it was last good.
    ///   - now: The time, in Unix time.
    func mending(_ stored: StoredAuthority, known: AuthorityRecord?, now: Int) -> RotationAction? {
        switch stored {
        case .absent: return replacing(.absent, known: known, now: now)
        case .empty: return replacing(.empty, known: known, now: now)
        case .unusable(let error) where error.code == .unreadable:
            return replacing(.unreadable, known: known, now: now)
        case .unusable(let error): return .wait(error)
        case .record(let record, _) where record.current.certificate.hasExpired(at: now):
            // A successor that is not trusted everywhere is better than a CA that nobody trusts.
            guard let next = record.next, !next.certificate.hasExpired(at: now) else { return .create(.expired) }
            return .promote
        case .record: return nil
        }
    }

    /// The next thing to do, for the one replica that leads.
    func action(
        _ stored: StoredAuthority,
        known: AuthorityRecord?,
        bundles: Bundles,
        now: Int
    ) -> RotationAction {
        if let mending = mending(stored, known: known, now: now) { return mending }
        guard case .record(let record, var damage) = stored else { return .nothing }
        if let next = record.next, next.certificate.hasExpired(at: now) { damage.append(AuthoritySecret.Key.next) }
        if !damage.isEmpty { return .repair(damage) }
        if bundles == .wrong { return .publish }
        if !record.previous.isEmpty, now >= record.previousDroppableAt(lifetimes) { return .dropPrevious }
        guard let next = record.next else { return staging(record, now: now) }
        guard case .right(let since) = bundles, now - since >= lifetimes.settle, next.certificate.notBefore <= now
        else { return .nothing }
        return .promote
    }

    private func replacing(
        _ cause: RotationAction.Cause,
        known: AuthorityRecord?,
        now: Int
    ) -> RotationAction {
        guard let known, !known.current.certificate.hasExpired(at: now) else { return .create(cause) }
        return .restore(known, cause)
    }

    private func staging(_ record: AuthorityRecord, now: Int) -> RotationAction {
        guard record.previous.count < AuthorityRecord.maximumPrevious else { return .nothing }
        if record.isRotationAsked { return .stage(.request) }
        return now >= record.successorDueAt ? .stage(.age) : .nothing
    }
}
