/// What the Secret says: which CA signs, which will, which did, and what was asked for.
struct AuthorityRecord: Sendable, Equatable {
    /// The CA that signs.
    var current: SigningAuthority
    /// Its successor, which is trusted before it signs.
    var next: SigningAuthority?
    /// The CAs that signed before, newest first: trusted as long as a leaf of theirs may be served.
    var previous: [AuthorityCertificate] = []
    /// When ``current`` began to sign, in Unix time; nil where there was none before it.
    var promotedAt: Int?
    /// What the last person wrote who asked for a rotation.
    var request: String?
    /// The request that ``next`` is the answer to.
    var stagedFor: String?
    /// The last request that was answered.
    var answered: String?

    /// Every CA that the API server has to trust.
    var bundle: [AuthorityCertificate] {
        [current.certificate] + (next.map { [$0.certificate] } ?? []) + previous
    }

    /// Whether somebody asked for a rotation that did not happen yet.
    var isRotationAsked: Bool { request != nil && request != answered }
}

extension AuthorityRecord {
    /// The same with a successor.
    func staged(_ successor: SigningAuthority) -> Self {
        var record = self
        record.next = successor
        // A request that comes while this one is under way gets a rotation of its own: who asks because a key is known
        // to others means the successor's, too.
        record.stagedFor = request
        return record
    }

    /// The same with the successor signing from `now` on.
    func promoted(at now: Int) -> Self? {
        guard let next else { return nil }
        var record = self
        record.previous = ([current.certificate] + previous).filter { !$0.hasExpired(at: now) }
        record.current = next
        record.next = nil
        record.promotedAt = now
        record.answered = stagedFor ?? answered
        record.stagedFor = nil
        return record
    }

    /// The same without the CAs that signed before.
    func withoutPrevious() -> Self {
        var record = self
        record.previous = []
        return record
    }
}
