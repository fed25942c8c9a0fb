import PodAdmission
import Synchronization

/// The cache of answers, shared by the callers and the look-ups.
final class AnswerStore: Sendable {
    private let cache: Mutex<AnswerCache>
    private let now: @Sendable () -> ContinuousClock.Instant

    init(_ cache: AnswerCache, now: @escaping @Sendable () -> ContinuousClock.Instant) {
        self.cache = Mutex(cache)
        self.now = now
    }

    /// Finds the answer for `subject` in the cache.
    func find(_ subject: ImageLookup.Subject) -> AnswerCache.Found {
        let now = now()
        return cache.withLock {
            $0.find(subject.key, isDigest: subject.isDigest, preference: subject.preference, at: now)
        }
    }

    /// The cached facts about `digest` in the repository of `subject`; nil if they are missing or not sufficient.
    func facts(of digest: String, for subject: ImageLookup.Subject) -> ImageFacts? {
        let key = subject.key(ofDigest: digest)
        guard let kept = cache.withLock({ $0.facts(key) }), kept.suffice(for: subject.preference) else { return nil }
        return kept.facts
    }

    /// Keeps the facts of a look-up under the reference, its digest, and the digest of every image read from an index.
    ///
    /// The last ones are needed when a Pod that was pinned to an image of the index is reviewed again.
    func keep(_ facts: ImageFacts, for subject: ImageLookup.Subject) {
        let now = now()
        let shared = SharedFacts(facts, preference: subject.preference)
        cache.withLock { cache in
            if case .index(_, let read) = facts.content {
                for image in read.map(\.image) {
                    let entry = SharedFacts(ImageFacts(digest: image.digest, content: .image(image)))
                    cache.keep(entry, for: subject.key(ofDigest: image.digest), at: now)
                }
            }
            if !subject.isDigest { cache.keep(shared, for: subject.key(ofDigest: facts.digest), at: now) }
            cache.keep(shared, for: subject.key, at: now)
        }
    }

    /// Keeps the failure of a look-up.
    ///
    /// - Returns: The old answer if it may be served, otherwise the reason of the failure.
    func keep(_ failure: RegistryFailure, for subject: ImageLookup.Subject) -> ImageAnswer {
        let now = now()
        return cache.withLock { cache in
            // An overload of Polypod says nothing about the image, so it is not cached.
            if failure.code != .overloaded { cache.keep(failure, for: subject.key, at: now) }
            switch cache.find(subject.key, isDigest: subject.isDigest, preference: subject.preference, at: now) {
            case .stale(let answer), .missing(let answer?): return answer
            default: return .unresolved(failure.reason)
            }
        }
    }
}
