import Basics
import PodAdmission

/// Looks one image up: every endpoint of its registry in order, every credential in order.
struct ImageLookup: Sendable {
    let registries: RegistriesConfiguration
    let credentials: DockerConfiguration
    let cloud: CloudCredentials
    let client: RegistryClient
    let gates: RegistryGates
    let answers: AnswerStore
    let timeout: Duration

    /// An image with the credentials that may be tried for it.
    struct Subject: Sendable {
        let image: ImageReference
        /// The credentials found for the image, in the order they are tried.
        let candidates: [Credential]
        /// Which entries of an index have to be read.
        let preference: EntryPreference
        let key: AnswerKey
        /// The fingerprints of the candidates.
        private let fingerprints: String

        init(image: ImageReference, candidates: [Credential], preference: EntryPreference) {
            self.image = image
            self.candidates = candidates
            self.preference = preference
            fingerprints = candidates.map(\.fingerprint).joined(separator: ",")
            key = AnswerKey(reference: image.description, credentials: fingerprints)
        }

        /// Whether the reference names a digest, whose content never changes.
        var isDigest: Bool { image.digest != nil }

        /// What an answer about other content of the same repository is kept under.
        func key(ofDigest digest: String) -> AnswerKey {
            AnswerKey(reference: image.pinned(to: digest), credentials: fingerprints)
        }

        /// What makes two look-ups one.
        struct Identity: Sendable, Hashable {
            let key: AnswerKey
            let preference: EntryPreference
        }

        var identity: Identity { Identity(key: key, preference: preference) }
    }

    /// What is looked up for a reference as a Pod writes it, with the credentials that its Pod brings.
    ///
    /// The candidates are those that the kubelet would have: of the Pod's secrets first, then the server's own, which
    /// stand for the node's (UnionDockerKeyring in pkg/credentialprovider/keyring.go). All of them make the key of what
    /// is kept, so that a secret that does not match the image changes nothing. The server's own were given for
    /// everybody: an answer that only they brought is kept with the whole list all the same, and so is found by whoever
    /// brings the same secrets; all without a matching one share what the server's own bring. A cloud's credential is for
    /// everybody too, comes last in every list and changes all the time, and so does not count in the key.
    func subject(
        _ text: String,
        _ pulling: PullCredentials,
        _ preference: EntryPreference = EntryPreference()
    ) throws(ImageReference.Invalid) -> Subject {
        let image = try ImageReference(text)
        // Those for mirrors are the same for every image of a registry, and so need not tell two images apart.
        let own = credentials.entries.isEmpty ? [] : credentials.credentials(for: image.name)
        var candidates: [Credential] = []
        for credential in pulling.credentials(for: image.name) + own where !candidates.contains(credential) {
            candidates.append(credential)
        }
        return Subject(image: image, candidates: candidates, preference: preference)
    }

    /// The facts, from the first endpoint that has them.
    ///
    /// Each endpoint but the last gets half of the time that is left.
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
            case nil: failures.append(RegistryFailure(.deadline, "\(endpoint.origin.host): no answer in time"))
            }
        }
        // Where a mirror is down, what the registry behind it says does not make the mirror's old answers wrong.
        throw failures.first(where: \.isOutage) ?? failures.last
            ?? RegistryFailure(.deadline, "\(subject.image.registry): no answer in time")
    }

    private func facts(
        _ subject: Subject,
        at endpoint: RegistryEndpoint,
        trace: LookupTrace
    ) async throws(RegistryFailure) -> ImageFacts {
        let visit = EndpointVisit(
            client: client,
            gates: gates,
            endpoint: endpoint,
            subject: subject,
            answers: answers,
            trace: trace
        )
        return try await visit.facts(with: candidates(subject, at: endpoint), or: cloud.match(endpoint))
    }

    /// The credentials to try at an endpoint before a cloud's.
    ///
    /// Those found for the image go to its own registry and nowhere else. A mirror gets what the operator gave for its
    /// host by name.
    private func candidates(_ subject: Subject, at endpoint: RegistryEndpoint) -> [Credential] {
        if endpoint.isHome, !subject.candidates.isEmpty { return subject.candidates }
        return registries.credential(for: endpoint.origin).map { [$0] } ?? []
    }
}
