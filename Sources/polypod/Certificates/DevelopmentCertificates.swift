import Crypto
import Foundation
import SwiftASN1
import X509

/// A certificate authority and a serving certificate, for development and demonstration.
struct DevelopmentCertificates {
    /// The authority's certificate, for a caBundle, as PEM.
    let authority: String
    /// The serving certificate as PEM.
    let certificate: String
    /// The serving certificate's key as PEM.
    let key: String

    /// Makes both with P-256 keys; the authority's key is forgotten, so that it signs nothing else.
    ///
    /// - Parameters:
    ///   - names: DNS names and IP addresses; the API server asks for `SERVICE.NAMESPACE.svc`.
    ///   - days: How long both are valid.
    ///   - now: The start, less five minutes for clocks that differ.
    static func make(names: [String], days: Int, now: Date) throws -> DevelopmentCertificates {
        let authorityKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let leafKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let authorityName = try DistinguishedName { CommonName("Polypod development CA") }
        let start = now.addingTimeInterval(-300)
        let end = now.addingTimeInterval(TimeInterval(days) * 86_400)
        let authority = try Certificate(
            version: .v3,
            serialNumber: .init(),
            publicKey: authorityKey.publicKey,
            notValidBefore: start,
            notValidAfter: end,
            issuer: authorityName,
            subject: authorityName,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(hash: authorityKey.publicKey)
            },
            issuerPrivateKey: authorityKey
        )
        let leaf = try Certificate(
            version: .v3,
            serialNumber: .init(),
            publicKey: leafKey.publicKey,
            notValidBefore: start,
            notValidAfter: end,
            issuer: authorityName,
            subject: try DistinguishedName { CommonName(names[0]) },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth])
                SubjectAlternativeNames(names.map(generalName))
                SubjectKeyIdentifier(hash: leafKey.publicKey)
                AuthorityKeyIdentifier(keyIdentifier: SubjectKeyIdentifier(hash: authorityKey.publicKey).keyIdentifier)
            },
            issuerPrivateKey: authorityKey
        )
        return DevelopmentCertificates(
            authority: try authority.serializeAsPEM().pemString + "\n",
            certificate: try leaf.serializeAsPEM().pemString + "\n",
            key: try leafKey.serializeAsPEM().pemString + "\n"
        )
    }

    private static func generalName(_ name: String) -> GeneralName {
        var address = in_addr()
        var address6 = in6_addr()
        if inet_pton(AF_INET, name, &address) == 1 {
            return .ipAddress(ASN1OctetString(contentBytes: withUnsafeBytes(of: address) { ArraySlice($0) }))
        }
        if inet_pton(AF_INET6, name, &address6) == 1 {
            return .ipAddress(ASN1OctetString(contentBytes: withUnsafeBytes(of: address6) { ArraySlice($0) }))
        }
        return .dnsName(name)
    }
}
