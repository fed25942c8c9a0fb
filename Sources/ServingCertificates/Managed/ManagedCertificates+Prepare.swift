import KubernetesAPI

extension ManagedCertificates {
    /// Reads the CA, or makes it where there is none that works, and signs the first leaf.
    ///
    /// Any replica may make the CA: the API server takes one Secret of a name, and the others read that.
    /// - Throws: ``CertificateError``.
    public func prepare() async throws(CertificateError) {
        for _ in 0..<Self.maximumAttempts {
            let confirmedAt = now()
            let secret = try await storedSecret()
            guard let action = rotation.mending(secret.stored, known: nil, now: confirmedAt) else {
                adopt(secret.stored, confirmedAt: confirmedAt)
                return try sign(now: confirmedAt)
            }
            if case .wait(let error) = action { throw error }
            guard let record = try change(secret, by: action) else { break }
            do throws(KubernetesAPIError) {
                try await write(record, over: secret)
                announce(action, record)
            } catch {
                guard error.isLostRace else {
                    throw CertificateError(.kubernetes, "the Secret with the CA cannot be written: \(error)")
                }
            }
            // Read again: what is stored is what counts, whoever wrote it.
        }
        throw CertificateError(
            .contended,
            "the Secret with the CA was changed by others each time it was written: look who writes it"
        )
    }

    private static var maximumAttempts: Int { 5 }

    private func storedSecret() async throws(CertificateError) -> AuthoritySecret {
        do throws(KubernetesAPIError) {
            return try await readSecret()
        } catch {
            throw CertificateError(.kubernetes, "the Secret with the CA cannot be read: \(error)")
        }
    }
}

extension KubernetesAPIError {
    /// Whether somebody else was faster.
    var isLostRace: Bool { code == .conflict || code == .alreadyExists }
}
