/// The lifetimes that the rotation depends on, in seconds.
struct RotationLifetimes: Sendable, Equatable {
    /// The lifetime of a leaf.
    var leaf: Int
    /// The time for which every caBundle has to contain a CA before it signs: API servers see a change by their watches.
    var settle: Int
    /// The largest difference of two replicas' clocks, plus the time of a write to the API server.
    var slack = 300
}

/// The rules of the CA's rotation: from the current state to the next action.
///
/// A CA is staged, published with the others in every caBundle, left to settle, promoted, and dropped when no leaf of it
/// can be valid any more. Each step is one write, and any replica can continue from each state between two writes.
struct CertificateRotation: Sendable {
    /// The state of the caBundles.
    enum Bundles: Sendable, Equatable {
        /// This replica did not read all of them.
        case unknown
        /// At least one lacks a CA or contains a foreign one.
        case wrong
        /// All contain exactly the right CAs, since this Unix time.
        case right(since: Int)
    }

    let lifetimes: RotationLifetimes

    /// The action that is needed before a leaf can be signed; nil if the stored CA can sign.
    ///
    /// - Parameters:
    ///   - stored: The content of the Secret.
    ///   - known: The last usable content of the Secret.
    ///   - now: The time, in Unix time.
    /// - Returns: The action.
    func recovery(_ stored: StoredAuthority, known: AuthorityRecord?, now: Int) -> RotationAction? {
        switch stored {
        case .absent: return replacement(.absent, known: known, now: now)
        case .empty: return replacement(.empty, known: known, now: now)
        case .unusable(let error) where error.code == .unreadable:
            return replacement(.unreadable, known: known, now: now)
        case .unusable(let error): return .wait(error)
        case .record(let record, _) where record.current.certificate.hasExpired(at: now):
            // Some API servers may trust the successor; none trusts a new CA.
            guard let next = record.next, !next.certificate.hasExpired(at: now) else { return .create(.expired) }
            return .promote
        case .record: return nil
        }
    }

    /// The leader's next action.
    ///
    /// - Parameters:
    ///   - stored: The content of the Secret.
    ///   - known: The last usable content of the Secret.
    ///   - bundles: The state of the caBundles.
    ///   - now: The time, in Unix time.
    /// - Returns: The action.
    func action(
        _ stored: StoredAuthority,
        known: AuthorityRecord?,
        bundles: Bundles,
        now: Int
    ) -> RotationAction {
        if let recovery = recovery(stored, known: known, now: now) { return recovery }
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

    private func replacement(
        _ cause: RotationAction.Cause,
        known: AuthorityRecord?,
        now: Int
    ) -> RotationAction {
        guard let known, !known.current.certificate.hasExpired(at: now) else { return .create(cause) }
        return .restore(known, cause)
    }

    private func staging(_ record: AuthorityRecord, now: Int) -> RotationAction {
        guard record.previous.count < AuthorityRecord.maximumPrevious else { return .nothing }
        if record.isRotationRequested { return .stage(.request) }
        return now >= record.successorDueAt ? .stage(.age) : .nothing
    }
}

/// The time since which every caBundle contains exactly the right CAs.
struct BundleSettling: Sendable {
    private var bundle: Set<AuthorityCertificate> = []
    private var since: Int?

    /// Records a read of the caBundles.
    ///
    /// - Parameters:
    ///   - isRight: Whether all contain exactly `bundle`; nil if not all could be read.
    ///   - bundle: The CAs that each caBundle has to contain.
    ///   - now: The time, in Unix time.
    /// - Returns: The state of the caBundles.
    mutating func observe(
        isRight: Bool?,
        bundle: [AuthorityCertificate],
        now: Int
    ) -> CertificateRotation.Bundles {
        guard isRight == true else {
            since = nil
            return isRight == nil ? .unknown : .wrong
        }
        // If the clock was set back, the wait starts again and does not become endless.
        if let since, self.bundle == Set(bundle), since <= now { return .right(since: since) }
        self.bundle = Set(bundle)
        since = now
        return .right(since: now)
    }

    /// Forgets the time, because another replica leads now.
    mutating func reset() { since = nil }
}
