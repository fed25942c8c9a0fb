import Crypto
import FoundationEssentials
import SwiftASN1
import X509

/// A CA's certificate, as a caBundle holds it: two are the same where their DER is.
struct AuthorityCertificate: Sendable {
    let certificate: Certificate
    let der: [UInt8]

    /// Reads a certificate.
    init(der: [UInt8]) throws {
        certificate = try Certificate(derEncoded: der)
        self.der = der
    }

    /// The certificate as PEM, with a line's end.
    var pem: String { PEMDocument(type: Certificate.defaultPEMDiscriminator, derBytes: der).pemString + "\n" }
    /// When it begins, in Unix time.
    var notBefore: Int { Int(certificate.notValidBefore.timeIntervalSince1970) }
    /// When it ends, in Unix time.
    var notAfter: Int { Int(certificate.notValidAfter.timeIntervalSince1970) }
    /// Enough of its SHA-256 to tell it from others, for logs.
    var fingerprint: String { Self.fingerprint(of: der) }

    static func fingerprint(of der: [UInt8]) -> String { Hex.text(SHA256.hash(data: der).prefix(8)) }

    /// Whether it is over at `now`; the second of its end is still its own (RFC 5280, 4.1.2.5).
    func hasExpired(at now: Int) -> Bool { now > notAfter }
}

extension AuthorityCertificate: Hashable {
    static func == (left: Self, right: Self) -> Bool { left.der == right.der }
    func hash(into hasher: inout Hasher) { hasher.combine(der) }
}

extension AuthorityCertificate: CustomStringConvertible {
    var description: String { "CA \(fingerprint)" }
}

/// Bytes as people write them.
enum Hex {
    /// Two small letters or digits for each byte.
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
