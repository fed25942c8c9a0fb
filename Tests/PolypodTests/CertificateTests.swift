import Foundation
import SwiftASN1
import Testing
import X509

@testable import polypod

@Suite("Development certificates")
struct CertificateTests {
    @Test func issuesACertificateForItsNames() async throws {
        let made = try DevelopmentCertificates.make(
            names: ["polypod-webhook.polypod-system.svc", "127.0.0.1", "::1"],
            days: 2,
            now: Date()
        )
        let authority = try Certificate(pemEncoded: made.authority)
        let leaf = try Certificate(pemEncoded: made.certificate)
        #expect(authority.publicKey.isValidSignature(leaf.signature, for: leaf))
        let key = try Certificate.PrivateKey(pemEncoded: made.key)
        #expect(key.publicKey == leaf.publicKey)
        let names = try #require(try leaf.extensions.subjectAlternativeNames)
        #expect(names.count == 3)
        var verifier = Verifier(rootCertificates: CertificateStore([authority])) {
            RFC5280Policy()
            ServerIdentityPolicy(serverHostname: "polypod-webhook.polypod-system.svc", serverIP: nil)
        }
        let result = await verifier.validate(leaf: leaf, intermediates: CertificateStore())
        guard case .validCertificate = result else {
            Issue.record("\(result)")
            return
        }
    }
}
