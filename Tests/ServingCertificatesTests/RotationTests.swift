import Testing

@testable import ServingCertificates

/// A state and the action that has to follow.
struct RotationRow: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let stored: StoredAuthority
    let known: AuthorityRecord?
    let bundles: CertificateRotation.Bundles
    let now: Int
    let action: RotationAction

    init(
        _ reason: String,
        _ stored: StoredAuthority,
        known: AuthorityRecord? = nil,
        bundles: CertificateRotation.Bundles = .right(since: start),
        at seconds: Int = 0,
        _ action: RotationAction
    ) {
        testDescription = reason
        self.stored = stored
        self.known = known
        self.bundles = bundles
        now = start + seconds
        self.action = action
    }
}

extension StoredAuthority {
    /// A Secret without damage.
    static func of(_ record: AuthorityRecord) -> StoredAuthority { .record(record, damage: []) }
}

@Suite("Rotation of the CA")
struct RotationTests {
    static let rotation = CertificateRotation(lifetimes: RotationLifetimes(leaf: day, settle: 10))

    @Test(arguments: try rows())
    func theNextActionFollowsFromTheState(row: RotationRow) {
        let action = Self.rotation.action(row.stored, known: row.known, bundles: row.bundles, now: row.now)
        #expect(action == row.action, "\(row.testDescription)")
    }

    static func rows() throws -> [RotationRow] {
        let current = try SigningAuthority.sample()
        let plain = AuthorityRecord(current: current)
        let staged = plain.staged(try .sample())
        let promoted = try #require(staged.promoted(at: start + 100))
        let over = AuthorityRecord(current: try .sample(at: start - 400 * day))
        let unreadable = CertificateError(.unreadable, "")
        let mismatch = CertificateError(.keyMismatch, "")
        var requested = plain
        requested.request = "2"
        requested.answered = "1"
        var answered = requested
        answered.answered = "2"
        var full = requested
        full.previous = try (0..<AuthorityRecord.maximumPrevious).map { _ in try SigningAuthority.sample().certificate }
        full.promotedAt = start
        var unknownPromotion = promoted
        unknownPromotion.promotedAt = nil
        let lateNext = plain.staged(try .sample(lifetime: day))
        let earlyNext = plain.staged(try .sample(at: start + 3600))
        let due = plain.successorDueAt - start
        return [
            .init("no Secret, and no known CA", .absent, .create(.absent)),
            .init(
                "a deleted Secret is restored: no leaf loses its CA",
                .absent,
                known: plain,
                .restore(plain, .absent)
            ),
            .init("the known CA has expired", .absent, known: over, .create(.absent)),
            .init("a Secret without data", .empty, .create(.empty)),
            .init("an unreadable CA", .unusable(unreadable), .create(.unreadable)),
            .init(
                "an unreadable CA that was readable before",
                .unusable(unreadable),
                known: plain,
                .restore(plain, .unreadable)
            ),
            .init("a wrong key may be half of a person's change", .unusable(mismatch), known: plain, .wait(mismatch)),
            .init("an expired CA without a successor", .of(over), .create(.expired)),
            .init("an expired CA with a successor", .of(over.staged(current)), bundles: .wrong, .promote),
            .init("the last second of the CA's validity", .of(plain), at: 365 * day, .stage(.age)),
            .init("the second after it", .of(plain), at: 365 * day + 1, .create(.expired)),
            .init("an unreadable successor", .record(plain, damage: ["next.crt"]), .repair(["next.crt"])),
            .init("a successor that expired before it signed", .of(lateNext), at: 2 * day, .repair(["next.crt"])),
            .init("a fresh CA", .of(plain), .nothing),
            .init("no caBundle yet", .of(plain), bundles: .wrong, .publish),
            .init("a wrong caBundle is fixed first", .of(requested), bundles: .wrong, at: due, .publish),
            .init("just before two thirds", .of(plain), at: due - 1, .nothing),
            .init("two thirds", .of(plain), at: due, .stage(.age)),
            .init("staging does not depend on the caBundles", .of(plain), bundles: .unknown, at: due, .stage(.age)),
            .init("a person requests a rotation", .of(requested), .stage(.request)),
            .init("the request was fulfilled", .of(answered), .nothing),
            .init("too many earlier CAs are still trusted", .of(full), .nothing),
            .init("the successor is not in every caBundle", .of(staged), bundles: .wrong, at: 100, .publish),
            .init("the caBundles are unknown", .of(staged), bundles: .unknown, at: 100, .nothing),
            .init("settling is not over", .of(staged), bundles: .right(since: start + 91), at: 100, .nothing),
            .init("settling is over", .of(staged), bundles: .right(since: start + 90), at: 100, .promote),
            .init("a successor that is not yet valid: a clock was ahead", .of(earlyNext), at: 3000, .nothing),
            .init("a leaf of the earlier CA may still be valid", .of(promoted), at: 399 + day, .nothing),
            .init("no leaf of the earlier CA can be valid", .of(promoted), at: 400 + day, .dropPrevious),
            .init("the time of the replacement is unknown", .of(unknownPromotion), at: 30 * day, .nothing),
        ]
    }

    @Test func twoRotationsInARowKeepEveryCA() throws {
        var record = AuthorityRecord(current: try .sample())
        let first = record.current.certificate
        record.request = "1"
        record = try #require(record.staged(try .sample()).promoted(at: start + 20))
        let second = record.current.certificate
        #expect(record.answered == "1")
        record.request = "2"
        #expect(record.isRotationRequested)
        record = try #require(record.staged(try .sample()).promoted(at: start + 40))
        #expect(record.previous == [second, first])
        #expect(record.answered == "2" && !record.isRotationRequested)
        #expect(record.previousDroppableAt(Self.rotation.lifetimes) == start + 40 + day + 300)
    }

    @Test func aRequestDuringARotationGetsARotationOfItsOwn() throws {
        var record = AuthorityRecord(current: try .sample())
        record.request = "1"
        record = record.staged(try .sample())
        record.request = "2"
        record = try #require(record.promoted(at: start))
        #expect(record.answered == "1" && record.isRotationRequested)
    }

    @Test func settlingStartsAgainAfterEveryChange() throws {
        let one = try SigningAuthority.sample().certificate
        let two = try SigningAuthority.sample().certificate
        var settling = BundleSettling()
        #expect(settling.observe(isRight: true, bundle: [one], now: 10) == .right(since: 10))
        #expect(settling.observe(isRight: true, bundle: [one], now: 15) == .right(since: 10))
        #expect(settling.observe(isRight: true, bundle: [two, one], now: 20) == .right(since: 20), "another bundle")
        #expect(settling.observe(isRight: true, bundle: [one, two], now: 25) == .right(since: 20), "another order")
        #expect(settling.observe(isRight: false, bundle: [one, two], now: 30) == .wrong)
        #expect(settling.observe(isRight: true, bundle: [one, two], now: 35) == .right(since: 35), "it was wrong")
        #expect(settling.observe(isRight: nil, bundle: [one, two], now: 40) == .unknown)
        #expect(settling.observe(isRight: true, bundle: [one, two], now: 45) == .right(since: 45), "it was unknown")
        #expect(
            settling.observe(isRight: true, bundle: [one, two], now: 5) == .right(since: 5),
            "the clock was set back"
        )
        settling.reset()
        #expect(settling.observe(isRight: true, bundle: [one, two], now: 50) == .right(since: 50), "another leader")
    }
}
