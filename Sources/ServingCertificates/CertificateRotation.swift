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
    func recovery(_ stored: StoredAuthority, known: AuthorityRecord?, now: Int) -> RotationAction? {
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

/// The next thing to do about the CA.
enum RotationAction: Sendable, Equatable {
    /// Why a CA is made anew.
    enum Cause: String, Sendable {
        /// There is no Secret.
        case absent
        /// The Secret holds no CA.
        case empty
        /// The CA has expired.
        case expired
        /// The CA cannot be read.
        case unreadable
    }

    /// Why a successor is made.
    enum Occasion: String, Sendable {
        /// Two thirds of the CA's life are over.
        case age
        /// A person asks.
        case request
    }

    /// Write a new CA.
    case create(Cause)
    /// Write what was known before, with a successor, so that nothing stops being trusted at once.
    case restore(AuthorityRecord, Cause)
    /// A person has to mend the Secret; what there is goes on.
    case wait(CertificateError)
    /// Write the Secret without what cannot be used in it.
    case repair([String])
    /// Write the caBundles.
    case publish
    /// Write a successor, which does not sign yet.
    case stage(Occasion)
    /// Write that the successor signs.
    case promote
    /// Write the Secret without the earlier CAs.
    case dropPrevious
    /// All is as it should be, or a settling caBundle is waited for.
    case nothing
}

/// How long things last, in seconds.
struct RotationLifetimes: Sendable, Equatable {
    /// A leaf's whole life.
    var leaf: Int
    /// How long every caBundle has to hold a CA before it signs: API servers learn of a change by their watches.
    var settle: Int
    /// How far the clocks of two replicas may differ, and what a write to the API server may take.
    var slack = 300
}

extension AuthorityRecord {
    /// How many CAs are kept that signed before; a rotation beyond them waits, so that no caBundle grows without end.
    static let maximumPrevious = 8

    /// When two thirds of the signing CA's life are over, as cert-manager has it.
    var successorDueAt: Int {
        let certificate = current.certificate
        return certificate.notBefore + (certificate.notAfter - certificate.notBefore) / 3 * 2
    }

    /// When no leaf of an earlier CA can be valid any more.
    ///
    /// A leaf never outlives the last reading of the Secret that named its CA by more than a leaf's life. Where nobody
    /// knows when that CA was replaced, it is trusted to its end.
    func previousDroppableAt(_ lifetimes: RotationLifetimes) -> Int {
        let lastEnd = previous.map(\.notAfter).max() ?? 0
        guard let promotedAt else { return lastEnd + 1 }
        return min(promotedAt + lifetimes.leaf + lifetimes.slack, lastEnd + 1)
    }
}

/// Since when every caBundle holds exactly what it should.
struct BundleSettling: Sendable {
    private var bundle: Set<AuthorityCertificate> = []
    private var since: Int?

    /// Takes what was just read, and says what that makes of the caBundles.
    ///
    /// - Parameters:
    ///   - isRight: Whether all hold `bundle`; nil where not all of them could be read.
    ///   - bundle: What they should hold.
    ///   - now: The time, in Unix time.
    mutating func observe(
        isRight: Bool?,
        bundle: [AuthorityCertificate],
        now: Int
    ) -> CertificateRotation.Bundles {
        guard isRight == true else {
            since = nil
            return isRight == nil ? .unknown : .wrong
        }
        // A clock that was set back must not make the wait endless.
        if let since, self.bundle == Set(bundle), since <= now { return .right(since: since) }
        self.bundle = Set(bundle)
        since = now
        return .right(since: now)
    }

    /// Forgets it all: another replica leads now.
    mutating func reset() { since = nil }
}
