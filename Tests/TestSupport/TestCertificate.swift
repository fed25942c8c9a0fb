package import Crypto
import Foundation
import SwiftASN1
package import X509

/// A certificate and its key, in PEM.
package struct TestCertificate {
    package let certificate: Certificate
    package let key: P256.Signing.PrivateKey

    package var certificatePEM: String { get throws { try certificate.serializeAsPEM().pemString } }
    package var keyPEM: String { key.pemRepresentation }

    /// A CA of its own.
    package static func authority(_ name: String = "test CA") throws -> TestCertificate {
        try make(name, issuer: nil, isCA: true)
    }

    /// A certificate for 127.0.0.1 and localhost, for servers and clients, signed by this CA.
    package func leaf(_ name: String = "localhost", serial: UInt8 = 1) throws -> TestCertificate {
        try Self.make(name, issuer: self, isCA: false, serial: serial)
    }

    private static func make(
        _ name: String,
        issuer: TestCertificate?,
        isCA: Bool,
        serial: UInt8 = 1
    ) throws -> TestCertificate {
        let key = P256.Signing.PrivateKey()
        let subject = try DistinguishedName { CommonName(name) }
        let extensions = try Certificate.Extensions {
            if isCA {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true))
            } else {
                Critical(BasicConstraints.notCertificateAuthority)
                try ExtendedKeyUsage([.serverAuth, .clientAuth])
                SubjectAlternativeNames([
                    .dnsName("localhost"), .ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1])),
                ])
            }
        }
        let certificate = try Certificate(
            version: .v3,
            serialNumber: .init(bytes: [serial]),
            publicKey: .init(key.publicKey),
            notValidBefore: Date().addingTimeInterval(-60),
            notValidAfter: Date().addingTimeInterval(3600),
            issuer: issuer?.certificate.subject ?? subject,
            subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: extensions,
            issuerPrivateKey: .init(issuer?.key ?? key)
        )
        return TestCertificate(certificate: certificate, key: key)
    }
}
