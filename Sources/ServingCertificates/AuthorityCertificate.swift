import Basics
import Crypto
import FoundationEssentials
import SwiftASN1
import X509

/// A CA's certificate; two are equal if their DER is equal.
struct AuthorityCertificate: Sendable {
    let certificate: Certificate
    let der: [UInt8]

    init(der: [UInt8]) throws {
        certificate = try Certificate(derEncoded: der)
        self.der = der
    }

    /// The certificate as PEM, with a newline at the end.
    var pem: String { PEMDocument(type: Certificate.defaultPEMDiscriminator, derBytes: der).pemString + "\n" }
    /// The start of its validity, in Unix time.
    var notBefore: Int { Int(certificate.notValidBefore.timeIntervalSince1970) }
    /// The last second of its validity, in Unix time.
    var notAfter: Int { Int(certificate.notValidAfter.timeIntervalSince1970) }
    /// The first 8 bytes of its SHA-256, for logs.
    var fingerprint: String { Self.fingerprint(of: der) }

    static func fingerprint(of der: [UInt8]) -> String { SHA256.hash(data: der).prefix(8).hexadecimal }

    /// Whether it has expired at `now`; `notAfter` itself is still valid (RFC 5280, 4.1.2.5).
    func hasExpired(at now: Int) -> Bool { now > notAfter }
}

extension AuthorityCertificate: Hashable {
    static func == (left: Self, right: Self) -> Bool { left.der == right.der }
    func hash(into hasher: inout Hasher) { hasher.combine(der) }
}

extension AuthorityCertificate: CustomStringConvertible {
    var description: String { "CA \(fingerprint)" }
}
