import PodAdmission

/// Asks one endpoint about one image, with one credential after the other.
struct EndpointVisit: Sendable {
    let client: RegistryClient
    let gates: RegistryGates
    let endpoint: RegistryEndpoint
    let subject: ImageLookup.Subject
    let answers: AnswerStore
    let trace: LookupTrace

    /// The facts, asked for as the kubelet asks: with the given credentials in their order, then with a cloud's, and
    /// without any only where there is none.
    func facts(
        with given: [Credential],
        or match: CloudCredentials.Match?
    ) async throws(RegistryFailure) -> ImageFacts {
        guard let match else { return try await attempt(given.isEmpty ? [nil] : given).get() }
        var refusal: RegistryFailure?
        if !given.isEmpty {
            switch try await attempt(given) {
            case .success(let facts): return facts
            case .failure(let failure): refusal = failure
            }
        }
        // The gate is not held while the cloud is asked: it is for this registry.
        let credential: Credential
        do throws(RegistryFailure) { credential = try await match.credential() } catch {
            guard let refusal else { return try await anonymously(without: match.cloud, because: error) }
            throw refusal.without(match.cloud, because: error)
        }
        return try await attempt([credential]).get()
    }

    private func anonymously(
        without cloud: CloudProvider,
        because failure: RegistryFailure
    ) async throws(RegistryFailure) -> ImageFacts {
        switch try await attempt([nil]) {
        case .success(let facts): return facts
        case .failure(let refusal): throw refusal.without(cloud, because: failure)
        }
    }

    /// Tries credentials in order, nil standing for none; fails with the last refusal.
    ///
    /// - Throws: What no other credential would help against.
    private func attempt(
        _ credentials: [Credential?]
    ) async throws(RegistryFailure) -> Result<ImageFacts, RegistryFailure> {
        try await gates.pass(endpoint.origin) { () async throws(RegistryFailure) in
            var refusal = RegistryFailure(.unauthorized, "\(endpoint.origin.host): no credential to try")
            for credential in credentials {
                let access = RegistryClient.Access(endpoint: endpoint, credential: credential, trace: trace)
                do throws(RegistryFailure) {
                    let reader = ImageReader(client: client, access: access, subject: subject, answers: answers)
                    return .success(try await reader.facts())
                } catch {
                    guard error.isRefusal else { throw error }
                    refusal = error
                }
            }
            return .failure(refusal)
        }
    }
}
