import Crypto
import FoundationEssentials
import SwiftASN1
import Testing
import X509

@testable import ServingCertificates

@Suite("Leaves")
struct LeafTests {
    static let names = CertificateManagerConfiguration().dnsNames

    @Test func aLeafHasNamesValidityAndIssuer() async throws {
        let authority = try SigningAuthority.sample()
        let known = KnownAuthority(record: AuthorityRecord(current: authority), confirmedAt: start)
        let leaf = try ServingLeaf(known, names: Self.names, lifetime: day)
        let certificate = try Certificate(pemEncoded: leaf.pair.certificate)
        #expect(certificate.notValidBefore.timeIntervalSince1970 == TimeInterval(start - 300))
        #expect(certificate.notValidAfter.timeIntervalSince1970 == TimeInterval(start + day))
        #expect(try Certificate.PrivateKey(pemEncoded: leaf.pair.key).publicKey == certificate.publicKey)
        _ = try P256.Signing.PrivateKey(pemRepresentation: leaf.pair.key)
        let extensions = certificate.extensions
        let names = try #require(try extensions.subjectAlternativeNames)
        #expect(Array(names) == Self.names.map { .dnsName($0) })
        #expect(try Array(#require(try extensions.extendedKeyUsage)) == [.serverAuth])
        let issuer = try extensions.authorityKeyIdentifier?.keyIdentifier
        #expect(try issuer == authority.certificate.certificate.extensions.subjectKeyIdentifier?.keyIdentifier)
        guard case .notCertificateAuthority? = try extensions.basicConstraints else {
            Issue.record("the leaf may sign others")
            return
        }
    }

    @Test func onlyItsCATrustsALeaf() async throws {
        let old = try SigningAuthority.sample()
        let new = try SigningAuthority.sample()
        let leaf = try old.issue(for: Self.names, from: start, until: start + day)
        let oldRoot = old.certificate.certificate
        let newRoot = new.certificate.certificate
        #expect(try await leaf.isTrusted([oldRoot], at: start))
        #expect(try await leaf.isTrusted([newRoot, oldRoot], at: start))
        #expect(try await leaf.isTrusted([oldRoot], host: "\(host).cluster.local", at: start))
        #expect(try await !leaf.isTrusted([newRoot], at: start), "another CA")
        #expect(try await !leaf.isTrusted([oldRoot], host: "other.polypod-system.svc", at: start), "another name")
        #expect(try await !leaf.isTrusted([oldRoot], at: start + day + 1), "expired")
        #expect(try await !leaf.isTrusted([oldRoot], at: start - 1), "not yet valid")
    }

    @Test func aLeafIsRenewedAfterTwoThirds() throws {
        let record = AuthorityRecord(current: try .sample())
        func known(_ time: Int) -> KnownAuthority { KnownAuthority(record: record, confirmedAt: time) }
        let leaf = try ServingLeaf(known(start), names: Self.names, lifetime: day)
        let third = day / 3
        let rows: [(now: Int, confirmedAt: Int, isDue: Bool, reason: String)] = [
            (start, start, false, "just signed"),
            (start + 2 * third - 1, start + 2 * third - 1, false, "before two thirds"),
            (start + 2 * third, start + 2 * third, true, "after two thirds"),
            (start + 2 * third, start, false, "no API server, and a new leaf would not last longer"),
            (start + 2 * third, start + third, true, "no API server, and a new leaf lasts longer"),
            (start + 5 * day, start + 5 * day, true, "the process was suspended"),
            (start - 301, start - 301, true, "the clock was ahead when it was signed"),
            (start - 200, start - 200, false, "a small step of the clock"),
        ]
        for row in rows {
            #expect(leaf.isDue(known(row.confirmedAt), lifetime: day, now: row.now) == row.isDue, "\(row.reason)")
        }
        let other = KnownAuthority(record: AuthorityRecord(current: try .sample()), confirmedAt: start + 1)
        #expect(leaf.isDue(other, lifetime: day, now: start + 1), "another CA signs")
    }

    @Test func aLeafNeverOutlivesItsCA() throws {
        let record = AuthorityRecord(current: try .sample(lifetime: 3600))
        let leaf = try ServingLeaf(KnownAuthority(record: record, confirmedAt: start), names: Self.names, lifetime: day)
        #expect(leaf.notAfter == start + 3600)
        let later = KnownAuthority(record: record, confirmedAt: start + 3000)
        #expect(!leaf.isDue(later, lifetime: day, now: start + 3000), "a new leaf would end at the same time")
    }

    @Test func longNamesAreCutAndNoNameFails() throws {
        let authority = try SigningAuthority.sample()
        let name = String(repeating: "a", count: 63) + ".namespace.svc"
        let leaf = try Certificate(
            pemEncoded: try authority.issue(for: [name], from: start, until: start + 9).certificate
        )
        #expect(try Array(#require(try leaf.extensions.subjectAlternativeNames)) == [.dnsName(name)])
        #expect(throws: ServingCertificates.CertificateError.self) {
            try authority.issue(for: [], from: start, until: start + 9)
        }
    }

    @Test func descriptionsContainNoKey() throws {
        let authority = try SigningAuthority.sample()
        let record = AuthorityRecord(current: authority).staged(authority)
        let leaf = try ServingLeaf(KnownAuthority(record: record, confirmedAt: start), names: Self.names, lifetime: day)
        let path = CertificateManagerConfiguration().secret
        let secret = AuthoritySecret(reading: AuthoritySecret.absent.object(storing: record, at: path))
        var text = "\(authority) \(record) \(leaf) \(secret) \(RotationAction.restore(record, .absent))"
        text += String(reflecting: record) + String(reflecting: leaf) + String(reflecting: secret)
        dump([authority], to: &text)
        dump(record, to: &text)
        dump(leaf, to: &text)
        dump(secret, to: &text)
        #expect(!text.contains("PRIVATE"))
        let key = Data(authority.keyPEM.utf8).base64EncodedString()
        #expect(!text.contains(key) && text.contains("redacted"))
    }
}
