/// The content of the Secret: the signing CA, its successor, the earlier CAs, and the requests for a rotation.
struct AuthorityRecord: Sendable, Equatable {
    /// The most earlier CAs; another rotation waits, so that no caBundle grows without limit.
    static let maximumPrevious = 8

    /// The CA that signs.
    var current: SigningAuthority
    /// Its successor, which is trusted before it signs.
    var next: SigningAuthority?
    /// The earlier CAs, newest first; they stay trusted as long as a replica may serve a leaf of theirs.
    var previous: [AuthorityCertificate] = []
    /// The path segments of the earlier CAs, newest first; they stay valid as long as the CAs are trusted.
    var previousSegments: [String] = []
    /// The time at which ``current`` began to sign, in Unix time; nil if it is the first CA.
    var promotedAt: Int?
    /// The last request for a rotation: the text that a person wrote.
    var request: String?
    /// The request that led to ``next``.
    var stagedFor: String?
    /// The last request that was fulfilled.
    var answered: String?

    /// Every CA that the API server has to trust.
    var bundle: [AuthorityCertificate] {
        [current.certificate] + (next.map { [$0.certificate] } ?? []) + previous
    }

    /// The path segments with which a client can call the webhooks.
    var segments: Set<String> {
        Set([current, next].compactMap { $0 }.map(PathSegment.of)).union(previousSegments)
    }

    /// Whether a person requested a rotation that is not yet fulfilled.
    var isRotationRequested: Bool { request != nil && request != answered }

    /// The end of two thirds of the signing CA's lifetime, in Unix time; cert-manager has the same rule.
    var successorDueAt: Int {
        let certificate = current.certificate
        return certificate.notBefore + (certificate.notAfter - certificate.notBefore) / 3 * 2
    }

    /// The time from which no leaf of an earlier CA can be valid, in Unix time.
    ///
    /// A leaf never outlives the last read of the Secret with its CA by more than a leaf's lifetime. If the time of the
    /// replacement is unknown, the CA stays trusted until it expires.
    func previousDroppableAt(_ lifetimes: RotationLifetimes) -> Int {
        let lastEnd = previous.map(\.notAfter).max() ?? 0
        guard let promotedAt else { return lastEnd + 1 }
        return min(promotedAt + lifetimes.leaf + lifetimes.slack, lastEnd + 1)
    }

    /// A copy with a successor.
    func staged(_ successor: SigningAuthority) -> Self {
        var record = self
        record.next = successor
        // A later request gets a rotation of its own: a person who requests one because a key leaked means the
        // successor's key too.
        record.stagedFor = request
        return record
    }

    /// A copy whose successor signs from `now` on; nil if there is no successor.
    func promoted(at now: Int) -> Self? {
        guard let next else { return nil }
        var record = self
        record.previous = ([current.certificate] + previous).filter { !$0.hasExpired(at: now) }
        record.previousSegments = ([PathSegment.of(current)] + previousSegments).dropLast(
            max(0, previousSegments.count + 1 - Self.maximumPrevious)
        )
        record.current = next
        record.next = nil
        record.promotedAt = now
        record.answered = stagedFor ?? answered
        record.stagedFor = nil
        return record
    }

    /// A copy without the earlier CAs.
    func withoutPrevious() -> Self {
        var record = self
        record.previous = []
        record.previousSegments = []
        return record
    }
}
