/// The certificate that this replica serves, and when it has to be another.
struct ServingLeaf: Sendable {
    /// How far a client's clock may be behind.
    static let backdating = 300

    let pair: IssuedCertificate
    let issuer: AuthorityCertificate
    /// When its CA was last read from the Secret before it was signed, in Unix time: the beginning of its life.
    let confirmedAt: Int
    /// When it ends, in Unix time.
    let notAfter: Int

    /// Signs a leaf.
    ///
    /// It lasts for a leaf's life from the moment its CA was last seen in the Secret, not from now: a replica that does
    /// not reach the API server may go on with a CA that was replaced, and that is trusted for just so long. It never
    /// outlives the CA.
    init(
        _ known: KnownAuthority,
        names: [String],
        lifetime: Int
    ) throws(CertificateError) {
        let issuer = known.record.current
        confirmedAt = known.confirmedAt
        notAfter = Self.end(known, lifetime: lifetime)
        self.issuer = issuer.certificate
        pair = try issuer.issue(for: names, from: known.confirmedAt - Self.backdating, until: notAfter)
    }

    /// Whether it is time for the next one.
    ///
    /// That is so when another CA signs, when two thirds of its life are over and a new one would last longer, and when
    /// the clock was set back to before its beginning.
    func isDue(_ known: KnownAuthority, lifetime: Int, now: Int) -> Bool {
        if known.record.current.certificate != issuer { return true }
        if now < confirmedAt - Self.backdating { return known.confirmedAt < confirmedAt }
        let isOld = now >= confirmedAt + (notAfter - confirmedAt) / 3 * 2
        return isOld && Self.end(known, lifetime: lifetime) > notAfter
    }

    private static func end(_ known: KnownAuthority, lifetime: Int) -> Int {
        min(known.confirmedAt + lifetime, known.record.current.certificate.notAfter)
    }
}

/// What the Secret said when it was last good.
struct KnownAuthority: Sendable {
    let record: AuthorityRecord
    /// When it said so: taken before it was asked for, in Unix time.
    let confirmedAt: Int
}
