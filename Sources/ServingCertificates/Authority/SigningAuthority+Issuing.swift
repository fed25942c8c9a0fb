import Crypto
import FoundationEssentials
import SwiftASN1
import X509

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension SigningAuthority {
    /// Makes a certificate for a server, with a P-256 key of its own.
    ///
    /// - Parameters:
    ///   - names: DNS names and IP addresses; the API server asks for `SERVICE.NAMESPACE.svc`, and never looks at the
    ///     subject.
    ///   - start: When it begins, in Unix time.
    ///   - end: When it ends, in Unix time.
    /// - Throws: ``CertificateError`` with `issuing`.
    public func issue(
        for names: [String],
        from start: Int,
        until end: Int
    ) throws(CertificateError) -> IssuedCertificate {
        guard let first = names.first else {
            throw CertificateError(.issuing, "no certificate without a DNS name: name the webhook's Service")
        }
        let signer = P256.Signing.PrivateKey()
        let leafKey = Certificate.PrivateKey(signer)
        do {
            let leaf = try Certificate(
                version: .v3,
                serialNumber: .init(),
                publicKey: leafKey.publicKey,
                notValidBefore: Date(timeIntervalSince1970: TimeInterval(start)),
                notValidAfter: Date(timeIntervalSince1970: TimeInterval(end)),
                issuer: certificate.certificate.subject,
                // A common name has 64 characters at most (RFC 5280, ub-common-name).
                subject: try DistinguishedName { CommonName(String(first.prefix(64))) },
                extensions: Certificate.Extensions {
                    Critical(BasicConstraints.notCertificateAuthority)
                    Critical(KeyUsage(digitalSignature: true))
                    try ExtendedKeyUsage([.serverAuth])
                    SubjectAlternativeNames(names.map(Self.generalName))
                    SubjectKeyIdentifier(hash: leafKey.publicKey)
                    AuthorityKeyIdentifier(keyIdentifier: certificate.keyIdentifier)
                },
                issuerPrivateKey: key
            )
            return IssuedCertificate(
                certificate: try leaf.serializeAsPEM().pemString + "\n",
                key: signer.pemRepresentation + "\n"
            )
        } catch {
            throw CertificateError(.issuing, "no certificate could be signed for \(first) from \(start) to \(end)")
        }
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

extension AuthorityCertificate {
    /// The identifier that its leaves have to name (RFC 5280, 4.2.1.1): its own, or the usual one where it has none.
    fileprivate var keyIdentifier: ArraySlice<UInt8> {
        let own = try? certificate.extensions.subjectKeyIdentifier?.keyIdentifier
        return own ?? SubjectKeyIdentifier(hash: certificate.publicKey).keyIdentifier
    }
}
