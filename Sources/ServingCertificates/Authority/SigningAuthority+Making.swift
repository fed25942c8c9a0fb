import Crypto
import FoundationEssentials
import SwiftASN1
import X509

extension SigningAuthority {
    /// Makes a CA with a P-256 key that signs itself, and nothing but leaves.
    ///
    /// - Parameters:
    ///   - name: The start of its name; a piece of the key's identifier follows, so that verifiers need not try
    ///     several CAs of one name.
    ///   - start: When it begins, in Unix time.
    ///   - end: When it ends, in Unix time.
    /// - Throws: ``CertificateError`` with `issuing`.
    public static func make(named name: String, from start: Int, until end: Int) throws(CertificateError) -> Self {
        let signer = P256.Signing.PrivateKey()
        let key = Certificate.PrivateKey(signer)
        let identifier = SubjectKeyIdentifier(hash: key.publicKey)
        do {
            let mark = Hex.text(identifier.keyIdentifier.prefix(4))
            let subject = try DistinguishedName { CommonName("\(name) \(mark)") }
            let certificate = try Certificate(
                version: .v3,
                serialNumber: .init(),
                publicKey: key.publicKey,
                notValidBefore: Date(timeIntervalSince1970: TimeInterval(start)),
                notValidAfter: Date(timeIntervalSince1970: TimeInterval(end)),
                issuer: subject,
                subject: subject,
                extensions: Certificate.Extensions {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                    Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                    identifier
                },
                issuerPrivateKey: key
            )
            return SigningAuthority(
                certificate: try AuthorityCertificate(der: certificate.serializeAsPEM().derBytes),
                key: key,
                keyPEM: signer.pemRepresentation + "\n"
            )
        } catch {
            throw CertificateError(.issuing, "no CA could be made from \(start) to \(end): look at the clock")
        }
    }
}
