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
