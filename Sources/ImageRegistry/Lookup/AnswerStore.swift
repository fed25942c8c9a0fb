import PodAdmission
import Synchronization

/// The answers of all look-ups, shared by those who ask and those who look up.
final class AnswerStore: Sendable {
    private let cache: Mutex<AnswerCache>
    private let now: @Sendable () -> ContinuousClock.Instant

    init(_ cache: AnswerCache, now: @escaping @Sendable () -> ContinuousClock.Instant) {
        self.cache = Mutex(cache)
        self.now = now
    }

    /// What is kept for `subject`.
    func find(_ subject: ImageLookup.Subject) -> AnswerCache.Found {
        let now = now()
        return cache.withLock {
            $0.find(subject.key, isDigest: subject.isDigest, preference: subject.preference, at: now)
        }
    }

    /// What is kept of the content `digest` in the repository of `subject`; nil where it is not all that it takes.
    func facts(of digest: String, for subject: ImageLookup.Subject) -> ImageFacts? {
        let key = subject.key(ofDigest: digest)
        guard let facts = cache.withLock({ $0.facts(key)?.facts }), facts.suffice(for: subject.preference) else {
            return nil
        }
        return facts
    }

    /// Keeps what a look-up found: under the reference, under its digest, and under that of every image that was read
    /// of an index, since a Pod that is pinned to one is asked about next.
    func keep(_ facts: ImageFacts, for subject: ImageLookup.Subject) {
        let now = now()
        let shared = SharedFacts(facts)
        cache.withLock { cache in
            if case .index(_, let read) = facts.content {
                for image in read.map(\.image) {
                    let behind = SharedFacts(ImageFacts(digest: image.digest, content: .image(image)))
                    cache.keep(behind, for: subject.key(ofDigest: image.digest), at: now)
                }
            }
            if !subject.isDigest { cache.keep(shared, for: subject.key(ofDigest: facts.digest), at: now) }
            cache.keep(shared, for: subject.key, at: now)
        }
    }

    /// Notes that a look-up failed.
    ///
    /// - Returns: The answer to give all the same: an old one where it may be served, else the failure's reason.
    func keep(_ failure: RegistryFailure, for subject: ImageLookup.Subject) -> ImageAnswer {
        let now = now()
        return cache.withLock { cache in
            // Nothing was learnt of the image where the server itself had too much to do.
            if failure.code != .overloaded { cache.keep(failure, for: subject.key, at: now) }
            switch cache.find(subject.key, isDigest: subject.isDigest, preference: subject.preference, at: now) {
            case .stale(let answer), .missing(let answer?): return answer
            default: return .unresolved(failure.reason)
            }
        }
    }
}
