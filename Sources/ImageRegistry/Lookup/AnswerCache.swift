import Basics
import Crypto
import PodAdmission

/// What an answer is kept under: the normalised reference, and the credentials that it was asked with.
///
/// The credentials are part of it: what a registry tells a tenant that may see a private image does not answer another
/// tenant. It is a digest of 128 bits and not the text, since tens of thousands are kept; two references with the same
/// key would take about 2^64 images, all of the same author.
struct AnswerKey: Sendable, Hashable {
    private let high: UInt64
    private let low: UInt64

    /// Creates a key.
    ///
    /// - Parameters:
    ///   - reference: `registry/repository:tag` or `registry/repository@digest`.
    ///   - credentials: Fingerprints of all credentials that are there to try; empty for anonymous.
    init(reference: String, credentials: String) {
        var hash = SHA256()
        // No reference holds a blank.
        Array("\(reference) \(credentials)".utf8).withUnsafeBytes { hash.update(bufferPointer: $0) }
        (high, low) = hash.finalize().withUnsafeBytes { digest in
            (digest.loadUnaligned(as: UInt64.self), digest.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        }
    }
}

/// Facts, shared by the tag and the digest that they are kept under.
final class SharedFacts: Sendable {
    let facts: ImageFacts

    init(_ facts: ImageFacts) {
        self.facts = facts
    }

    /// An estimate of the memory that the facts take, in bytes.
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

/// Answers that are kept: a bounded value without a clock of its own.
struct AnswerCache: Sendable {
    /// What is kept for a key.
    private struct Entry: Sendable {
        var facts: SharedFacts?
        var obtained: ContinuousClock.Instant
        /// Seldom there, and so kept aside.
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

    /// What an entry takes beside its facts, in bytes, by estimate.
    private static let entryCost = 224

    /// How long things are kept.
    struct Lifetimes: Sendable {
        var tag: Duration
        var failure: Duration
        var stale: Duration
    }

    /// What the cache says.
    enum Found: Sendable {
        /// The answer is new enough.
        case fresh(ImageAnswer)
        /// The registry fails, and this is what it said when it did not.
        case stale(ImageAnswer)
        /// The registry failed a moment ago, and is not asked again yet.
        case negative(ImageAnswer)
        /// It has to be asked; `fallback` is the old answer, should it not answer in time.
        case missing(fallback: ImageAnswer?)
    }

    private var entries: LRU<AnswerKey, Entry>
    private let lifetimes: Lifetimes

    init(entries: Int, bytes: Int, lifetimes: Lifetimes) {
        self.entries = LRU(entries: entries, cost: bytes)
        self.lifetimes = lifetimes
    }

    var count: Int { entries.count }
    /// The memory that all entries take, in bytes, by estimate.
    var bytes: Int { entries.cost }

    /// What is known of `key` at `now`.
    ///
    /// - Parameters:
    ///   - key: The image and its credentials.
    ///   - isDigest: Whether the reference names a digest, whose content never changes.
    ///   - preference: Which entries of an index a decision rests on; facts that lack those are as good as none.
    ///   - now: The time.
    mutating func find(
        _ key: AnswerKey,
        isDigest: Bool,
        preference: EntryPreference = EntryPreference(),
        at now: ContinuousClock.Instant
    ) -> Found {
        guard var entry = entries.value(for: key) else { return .missing(fallback: nil) }
        if let kept = entry.facts, !kept.facts.suffice(for: preference) { entry.facts = nil }
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

    /// The facts kept for a key, whatever their age.
    mutating func facts(_ key: AnswerKey) -> SharedFacts? {
        entries.value(for: key)?.facts
    }

    mutating func keep(_ facts: SharedFacts, for key: AnswerKey, at now: ContinuousClock.Instant) {
        entries.insert(Entry(facts: facts, obtained: now), for: key, cost: Self.entryCost + facts.cost)
    }

    /// Notes a failure.
    ///
    /// The facts of earlier stay where they may still be served.
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
