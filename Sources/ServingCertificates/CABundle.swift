import Basics
import FoundationEssentials
import SwiftASN1
import X509

/// The format of a webhook configuration's caBundle and of the Secret's `previous.crt`: CA certificates in PEM.
enum CABundle {
    static func pem(_ certificates: [AuthorityCertificate]) -> String {
        certificates.map(\.pem).joined()
    }

    /// The certificates as a caBundle in JSON: Base64 of PEM.
    static func encoded(_ certificates: [AuthorityCertificate]) -> String {
        Base64.encode(pem(certificates).utf8)
    }

    /// The DER of the certificates of a caBundle; nil if it is not Base64 of PEM.
    ///
    /// The order has no meaning: the API server adds all of them to one pool.
    static func identities(ofEncoded text: String) -> Set<[UInt8]>? {
        guard let data = Data(base64Encoded: text),
            let documents = try? PEMDocument.parseMultiple(pemString: String(decoding: data, as: UTF8.self))
        else { return nil }
        return Set(documents.filter { $0.discriminator == Certificate.defaultPEMDiscriminator }.map(\.derBytes))
    }

    /// The certificates of a PEM text.
    ///
    /// - Parameter pem: The text.
    /// - Returns: The certificates in their order.
    /// - Throws: An error if the text is not PEM or contains anything but certificates.
    static func read(pem: String) throws -> [AuthorityCertificate] {
        try PEMDocument.parseMultiple(pemString: pem).map { document in
            guard document.discriminator == Certificate.defaultPEMDiscriminator else {
                throw CertificateError(
                    .unreadable,
                    "a PEM text contains a \(document.discriminator), not a certificate"
                )
            }
            return try AuthorityCertificate(der: document.derBytes)
        }
    }
}
