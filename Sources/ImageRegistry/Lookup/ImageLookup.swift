import Basics
import PodAdmission

/// Looks up single images: tries the endpoints of the registry in order, and the credentials in order.
struct ImageLookup: Sendable {
    let registries: RegistriesConfiguration
    let credentials: DockerConfiguration
    let cloud: CloudCredentials
    let client: RegistryClient
    let gates: RegistryGates
    let answers: AnswerStore
    let timeout: Duration

    /// An image with the credentials to try for it.
    struct Subject: Sendable {
        let image: ImageReference
        /// The credentials for the image, in the order of use.
        let candidates: [Credential]
        /// The index entries that must be read.
        let preference: EntryPreference
        /// The namespace whose share of look-ups it uses; empty for the operator's own questions.
        let namespace: String
        let key: AnswerKey
        /// The fingerprints of the candidates.
        fileprivate let fingerprints: String

        init(image: ImageReference, candidates: [Credential], preference: EntryPreference, namespace: String = "") {
            self.image = image
            self.namespace = namespace
            self.candidates = candidates
            self.preference = preference
            // Most images have no credentials, and joining nothing takes longer than the rest.
            fingerprints = candidates.isEmpty ? "" : candidates.map(\.fingerprint).joined(separator: ",")
            key = AnswerKey(reference: image.description, credentials: fingerprints)
        }

        /// Whether the reference names a digest, whose content never changes.
        var isDigest: Bool { image.digest != nil }

        /// The cache key for another digest in the same repository.
        func key(ofDigest digest: String) -> AnswerKey {
            AnswerKey(reference: image.pinned(to: digest), credentials: fingerprints)
        }

        /// The identity of a look-up; look-ups with the same identity are performed once.
        struct Identity: Sendable, Hashable {
            let key: AnswerKey
            let preference: EntryPreference
        }

        var identity: Identity { Identity(key: key, preference: preference) }
    }

    /// The subject for an image of a Pod.
    ///
    /// The candidates are the credentials that the kubelet would use: first those of the Pod's secrets, then the
    /// server's own, which correspond to the node's (UnionDockerKeyring in pkg/credentialprovider/keyring.go).
    ///
    /// All candidates are a part of the cache key; secrets that do not match the image are not. Pods without a matching
    /// secret share their answers, because the server's own credentials are for all Pods. With a matching secret an
    /// answer is kept under the whole list, even if only one of the server's own credentials worked. A cloud's
    /// credential is not a part of the key: it is for all Pods too, always comes last, and changes often.
    ///
    /// - Parameters:
    ///   - text: The image reference as the Pod contains it.
    ///   - pullCredentials: The credentials of the Pod's pull secrets.
    ///   - preference: The index entries that the decision needs.
    ///   - namespace: The namespace of the Pod.
    /// - Returns: The image, its credentials and its cache key.
    /// - Throws: ``ImageReference/Invalid`` if `text` is not a valid reference.
    func subject(
        _ text: String,
        _ pullCredentials: PullCredentials,
        _ preference: EntryPreference = EntryPreference(),
        namespace: String = ""
    ) throws(ImageReference.Invalid) -> Subject {
        let image = try ImageReference(text)
        // Credentials for mirrors are the same for every image of a registry, so the key does not need them.
        let own = credentials.entries.isEmpty ? [] : credentials.credentials(for: image.name)
        var candidates: [Credential] = []
        for credential in pullCredentials.credentials(for: image.name) + own where !candidates.contains(credential) {
            candidates.append(credential)
        }
        return Subject(image: image, candidates: candidates, preference: preference, namespace: namespace)
    }

    /// Gets the facts from the first endpoint that has them.
    ///
    /// Each endpoint except the last gets half of the remaining time.
    ///
    /// - Throws: ``RegistryFailure``: the first outage of an endpoint, otherwise the last failure.
    func facts(_ subject: Subject, trace: LookupTrace) async throws(RegistryFailure) -> ImageFacts {
        let end = ContinuousClock.now + timeout
        let endpoints = try registries.endpoints(for: subject.image)
        var failures: [RegistryFailure] = []
        for (index, endpoint) in endpoints.enumerated() {
            let left = end - ContinuousClock.now
            guard left > .zero else { break }
            let share = index == endpoints.count - 1 ? left : left / 2
            let result = await TimeSource.system.withTimeout(share) { () async -> Result<ImageFacts, RegistryFailure> in
                do throws(RegistryFailure) {
                    return .success(try await facts(subject, at: endpoint, trace: trace))
                } catch {
                    return .failure(error)
                }
            }
            switch result {
            case .success(let facts): return facts
            case .failure(let error): failures.append(error)
            case nil: failures.append(.noResponse(from: endpoint.origin.host))
            }
        }
        // If a mirror is down, a refusal by the registry itself does not make the mirror's old answers wrong.
        throw failures.first(where: \.isOutage) ?? failures.last
            ?? .noResponse(from: subject.image.registry)
    }

    private func facts(
        _ subject: Subject,
        at endpoint: RegistryEndpoint,
        trace: LookupTrace
    ) async throws(RegistryFailure) -> ImageFacts {
        let cloud = cloud.match(endpoint)
        var endpoint = endpoint
        if cloud != nil, endpoint.trust == .stranger { endpoint.trust = .recommended }
        let lookup = EndpointLookup(
            client: client,
            gates: gates,
            endpoint: endpoint,
            subject: subject,
            answers: answers,
            trace: trace
        )
        return try await lookup.facts(with: candidates(subject, at: endpoint), or: cloud)
    }

    /// The credentials to try at an endpoint, before a cloud's credential.
    ///
    /// The credentials for the image are sent to its own registry only. A mirror gets the credential that the operator
    /// set for its host.
    private func candidates(_ subject: Subject, at endpoint: RegistryEndpoint) -> [Credential] {
        if endpoint.isHome, !subject.candidates.isEmpty { return subject.candidates }
        return registries.credential(for: endpoint.origin).map { [$0] } ?? []
    }
}

/// Looks up one image at one endpoint, with one credential after the other.
private struct EndpointLookup: Sendable {
    let client: RegistryClient
    let gates: RegistryGates
    let endpoint: RegistryEndpoint
    let subject: ImageLookup.Subject
    let answers: AnswerStore
    let trace: LookupTrace

    /// Gets the facts with the credentials in order, then with a cloud's credential.
    ///
    /// As in the kubelet, an anonymous request is made only if there is no credential.
    ///
    /// - Throws: ``RegistryFailure``: the last refusal, or the first failure that no other credential can solve.
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
        // The look-up leaves the gate while it asks the cloud, because the gate belongs to the registry.
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

    /// Tries credentials in order; nil means an anonymous request.
    ///
    /// - Returns: The facts, or the last refusal.
    /// - Throws: ``RegistryFailure`` that no other credential can solve.
    private func attempt(
        _ credentials: [Credential?]
    ) async throws(RegistryFailure) -> Result<ImageFacts, RegistryFailure> {
        let visit = RegistryGates.Visit(
            registry: endpoint.origin,
            repository: endpoint.repository,
            credentials: subject.fingerprints,
            namespace: subject.namespace
        )
        return try await gates.pass(visit) { () async throws(RegistryFailure) in
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
