import FoundationEssentials
import SwiftASN1
import X509

/// CAs one after another in PEM, as a webhook configuration's caBundle and the Secret's `previous.crt` hold them.
enum CABundle {
    /// The certificates as PEM.
    static func pem(_ certificates: [AuthorityCertificate]) -> String {
        certificates.map(\.pem).joined()
    }

    /// The certificates as a caBundle is written in JSON: base64 of PEM.
    static func encoded(_ certificates: [AuthorityCertificate]) -> String {
        Data(pem(certificates).utf8).base64EncodedString()
    }

    /// The DER of the certificates of a caBundle, without order; nil where it is no base64 of PEM.
    ///
    /// The API server makes a pool of them, which has no order either.
    static func identities(ofEncoded text: String) -> Set<[UInt8]>? {
        guard let data = Data(base64Encoded: text),
            let documents = try? PEMDocument.parseMultiple(pemString: String(decoding: data, as: UTF8.self))
        else { return nil }
        return Set(documents.filter { $0.discriminator == Certificate.defaultPEMDiscriminator }.map(\.derBytes))
    }

    /// The certificates of a PEM text.
    static func read(pem: String) throws -> [AuthorityCertificate] {
        try PEMDocument.parseMultiple(pemString: pem).map { document in
            guard document.discriminator == Certificate.defaultPEMDiscriminator else {
                throw CertificateError(.unreadable, "a PEM text holds a \(document.discriminator), not a certificate")
            }
            return try AuthorityCertificate(der: document.derBytes)
        }
    }
}
