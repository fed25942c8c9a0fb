import KubernetesAPI

/// Reads and writes the Secret that holds the CA, and makes CAs for it.
struct AuthorityStore: Sendable {
    private let client: KubernetesClient
    private let path: ObjectPath
    /// In seconds.
    private let caLifetime: Int
    private let now: @Sendable () -> Int

    /// Creates a store.
    ///
    /// - Parameters:
    ///   - configuration: Names the Secret and the lifetime of a CA.
    ///   - client: Needs the verbs `get`, `create` and `update` on that Secret.
    ///   - now: The time that certificates start from, in Unix time.
    init(_ configuration: CertificateManagerConfiguration, client: KubernetesClient, now: @escaping @Sendable () -> Int)
    {
        self.client = client
        path = configuration.secret
        caLifetime = configuration.caLifetime.wholeSeconds
        self.now = now
    }

    /// Reads the Secret; ``AuthoritySecret/absent`` if there is none.
    func read() async throws(KubernetesAPIError) -> AuthoritySecret {
        do throws(KubernetesAPIError) {
            return AuthoritySecret(reading: try await client.get(path))
        } catch {
            guard error.code == .notFound else { throw error }
            return .absent
        }
    }

    /// Writes `record` in place of what was read; the API server refuses where that is there no more.
    func write(_ record: AuthorityRecord, over secret: AuthoritySecret) async throws(KubernetesAPIError) {
        let object = secret.holding(record, at: path)
        if case .absent = secret.stored {
            _ = try await client.create(object, as: .secrets, namespace: path.namespace)
        } else {
            _ = try await client.replace(object, at: path)
        }
    }

    /// What the Secret should say after `action`; nil where that does not change it.
    func change(
        _ secret: AuthoritySecret,
        by action: RotationAction
    ) throws(CertificateError) -> AuthorityRecord? {
        switch (action, secret.stored) {
        case (.create, _):
            var record = AuthorityRecord(current: try makeAuthority())
            // A new CA answers every request.
            record.request = secret.request
            record.answered = secret.request
            return record
        case (.restore(let known, _), _):
            return known.next == nil ? known.staged(try makeAuthority()) : known
        case (.repair(let damage), .record(var record, _)):
            if damage.contains(AuthoritySecret.Key.next) {
                record.next = nil
                record.stagedFor = nil
            }
            return record
        case (.stage, .record(let record, _)): return record.staged(try makeAuthority())
        case (.promote, .record(let record, _)): return record.promoted(at: now())
        case (.dropPrevious, .record(let record, _)): return record.withoutPrevious()
        default: return nil
        }
    }

    private func makeAuthority() throws(CertificateError) -> SigningAuthority {
        let now = now()
        return try SigningAuthority.make(
            named: "Polypod CA",
            from: now - ServingLeaf.backdating,
            until: now + caLifetime
        )
    }
}
