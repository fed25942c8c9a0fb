/// The Secret's last usable content and the time of its read.
struct KnownAuthority: Sendable {
    let record: AuthorityRecord
    /// The time right before the request that read it, in Unix time.
    let confirmedAt: Int
}

/// The certificate that this replica serves, and the rule for its renewal.
struct ServingLeaf: Sendable {
    /// The start of the validity before the signing, in seconds: clients' clocks may be behind by as much.
    static let backdating = 300

    let pair: IssuedCertificate
    let issuer: AuthorityCertificate
    /// The end of its validity, in Unix time.
    let notAfter: Int
    /// The last read of its CA from the Secret before the signing, in Unix time: the start of its lifetime.
    private let confirmedAt: Int

    /// Signs a leaf.
    ///
    /// Its lifetime starts at the last read of its CA from the Secret, not at the signing: a replica that does not reach
    /// the API server may still use a CA that was replaced, and that CA stays trusted only for this lifetime. The leaf
    /// never outlives the CA.
    /// - Parameters:
    ///   - known: The CA and the time of its last read.
    ///   - names: DNS names and IP addresses.
    ///   - lifetime: The lifetime in seconds.
    /// - Throws: ``CertificateError`` with `issuing`.
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

    /// Whether a new leaf has to replace this one.
    ///
    /// That is so if another CA signs, if two thirds of its lifetime are over and a new leaf would last longer, or if the
    /// clock was set back to before its start.
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
