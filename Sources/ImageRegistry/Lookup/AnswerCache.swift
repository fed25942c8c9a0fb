import Basics
import Crypto
import PodAdmission

/// The key of a cached answer: the normalized reference and the credentials of the look-up.
///
/// The credentials are a part of the key because one tenant must not get the answer about a private image of another
/// tenant. The key is a digest of 128 bits instead of the text, because the cache keeps tens of thousands of keys. A
/// collision would take about 2^64 images of the same author.
struct AnswerKey: Sendable, Hashable {
    private let high: UInt64
    private let low: UInt64

    /// Hashes a reference and credentials.
    ///
    /// - Parameters:
    ///   - reference: `registry/repository:tag` or `registry/repository@digest`.
    ///   - credentials: The fingerprints of all credentials to try; empty for an anonymous look-up.
    init(reference: String, credentials: String) {
        var hash = SHA256()
        // A reference contains no space.
        var text = "\(reference) \(credentials)"
        text.withUTF8 { hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }
        (high, low) = hash.finalize().withUnsafeBytes { digest in
            (digest.loadUnaligned(as: UInt64.self), digest.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        }
    }
}

/// Facts that the entries for the tag and for the digest share.
final class SharedFacts: Sendable {
    let facts: ImageFacts
    private let preference: EntryPreference

    /// Keeps facts with the preference of their look-up.
    init(_ facts: ImageFacts, preference: EntryPreference = EntryPreference()) {
        self.facts = facts
        self.preference = preference
    }

    /// Whether the facts are sufficient for a decision with `preference`, as they are for that of their look-up.
    func suffice(for preference: EntryPreference) -> Bool {
        preference == self.preference || facts.suffice(for: preference)
    }

    /// The estimated memory of the facts, in bytes.
    var cost: Int {
        func cost(_ image: ImageDescription) -> Int {
            128 + (image.entrypoint + image.cmd).reduce(0) { $0 + $1.utf8.count + 48 }
                + image.workingDirectory.utf8.count
        }
        switch facts.content {
        case .image(let image): return 256 + cost(image)
        case .index(let entries, let read):
            return 256 + entries.count * 176 + read.reduce(0) { $0 + 64 + cost($1.image) }
        }
    }
}

/// The cached answers: a bounded value type without its own clock.
struct AnswerCache: Sendable {
    /// The content for one key.
    private struct Entry: Sendable {
        var facts: SharedFacts?
        var obtained: ContinuousClock.Instant
        /// The last failure, in an object of its own because most entries have none.
        var failure: Failure?
    }

    private final class Failure: Sendable {
        let reason: UnresolvedReason
        let time: ContinuousClock.Instant

        init(reason: UnresolvedReason, time: ContinuousClock.Instant) {
            self.reason = reason
            self.time = time
        }
    }

    /// The estimated memory of an entry without its facts, in bytes.
    private static let entryCost = 224

    /// How long answers are used.
    struct Lifetimes: Sendable {
        /// How long the answer for a tag is fresh.
        var tag: Duration
        /// How long a failure prevents the next attempt.
        var failure: Duration
        /// How old an answer may be that is served while the registry fails.
        var stale: Duration
    }

    /// The result of a search in the cache.
    enum Found: Sendable {
        /// An answer that is new enough.
        case fresh(ImageAnswer)
        /// An old answer; the registry failed a moment ago.
        case stale(ImageAnswer)
        /// A failure of a moment ago; there is no old answer.
        case negative(ImageAnswer)
        /// A look-up is needed; `fallback` is the old answer to use if the look-up does not end in time.
        case missing(fallback: ImageAnswer?)
    }

    private var entries: LRU<AnswerKey, Entry>
    private let lifetimes: Lifetimes

    init(entries: Int, bytes: Int, lifetimes: Lifetimes) {
        self.entries = LRU(entries: entries, cost: bytes)
        self.lifetimes = lifetimes
    }

    var count: Int { entries.count }
    /// The estimated memory of all entries, in bytes.
    var bytes: Int { entries.cost }

    /// Finds the answer for a key.
    ///
    /// - Parameters:
    ///   - key: The image and the credentials.
    ///   - isDigest: Whether the reference names a digest, whose content never changes.
    ///   - preference: The index entries that the decision needs; facts without these entries are not used.
    ///   - now: The time.
    /// - Returns: An answer, or that a look-up is needed.
    mutating func find(
        _ key: AnswerKey,
        isDigest: Bool,
        preference: EntryPreference = EntryPreference(),
        at now: ContinuousClock.Instant
    ) -> Found {
        guard var entry = entries.value(for: key) else { return .missing(fallback: nil) }
        if let kept = entry.facts, !kept.suffice(for: preference) { entry.facts = nil }
        if let kept = entry.facts, isDigest || now - entry.obtained < lifetimes.tag {
            return .fresh(.resolved(kept.facts, staleSeconds: nil))
        }
        let age = now - entry.obtained
        let old = entry.facts.flatMap { kept -> ImageAnswer? in
            age < lifetimes.stale ? .resolved(kept.facts, staleSeconds: Int(age.components.seconds)) : nil
        }
        guard let failure = entry.failure, now - failure.time < lifetimes.failure else {
            return .missing(fallback: old)
        }
        return old.map { .stale($0) } ?? .negative(.unresolved(failure.reason))
    }

    /// The facts for a key, regardless of their age.
    mutating func facts(_ key: AnswerKey) -> SharedFacts? {
        entries.value(for: key)?.facts
    }

    /// Keeps facts, and forgets an earlier failure.
    mutating func keep(_ facts: SharedFacts, for key: AnswerKey, at now: ContinuousClock.Instant) {
        entries.insert(Entry(facts: facts, obtained: now), for: key, cost: Self.entryCost + facts.cost)
    }

    /// Keeps a failure, together with the old facts if the failure allows a stale answer.
    mutating func keep(_ failure: RegistryFailure, for key: AnswerKey, at now: ContinuousClock.Instant) {
        let old = failure.allowsStaleAnswer ? entries.value(for: key) : nil
        let entry = Entry(
            facts: old?.facts,
            obtained: old?.obtained ?? now,
            failure: Failure(reason: failure.reason, time: now)
        )
        entries.insert(entry, for: key, cost: Self.entryCost + 192 + (old?.facts?.cost ?? 0))
    }
}
