import KubernetesAPI

extension CertificateManager {
    /// Reads the CA, or makes it where there is none that works, and signs the first leaf.
    ///
    /// Any replica may make the CA: the API server takes one Secret of a name, and the others read that. An API server
    /// that does not answer, as after a node's start, is waited for: a process that ends instead is started again later
    /// and later, and would be away for minutes after the API server is back.
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

    /// How long an API server that does not answer is waited for, in seconds; less than the startup probe allows.
    private static var patience: Int { 240 }

    private func storedSecret() async throws(CertificateError) -> AuthoritySecret {
        let end = now() + Self.patience
        while true {
            let failure: KubernetesAPIError
            do throws(KubernetesAPIError) {
                let secret = try await readSecret()
                troubles.ended(.readingSecret)
                return secret
            } catch {
                failure = error
            }
            guard failure.mayPass, now() < end,
                (try? await clock.sleep(for: min(configuration.pollInterval, .seconds(2)), tolerance: nil)) != nil
            else { throw CertificateError(.kubernetes, "the Secret with the CA cannot be read: \(failure)") }
            troubles.began(.readingSecret, "\(failure)")
        }
    }
}

extension KubernetesAPIError {
    /// Whether somebody else was faster.
    var isLostRace: Bool { code == .conflict || code == .alreadyExists }

    /// Whether it may be over in a moment without anybody's doing: an API server that is starting, or too busy.
    var mayPass: Bool {
        switch code {
        case .unreachable, .timeout, .tooManyRequests, .refused: true
        case .notInCluster, .configuration, .unauthenticated, .forbidden, .notFound, .conflict, .alreadyExists, .gone,
            .invalid:
            false
        }
    }
}
