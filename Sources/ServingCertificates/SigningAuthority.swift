public import Basics
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

/// A CA with its private key, which signs serving certificates.
///
/// Descriptions, logs and mirrors do not show the key.
public struct SigningAuthority: Sendable {
    let certificate: AuthorityCertificate
    /// The private key as PEM.
    let keyPEM: String
    private let key: Certificate.PrivateKey

    private init(certificate: AuthorityCertificate, key: Certificate.PrivateKey, keyPEM: String) {
        self.certificate = certificate
        self.key = key
        self.keyPEM = keyPEM
    }

    /// Reads a CA and its key.
    ///
    /// - Parameters:
    ///   - certificatePEM: The CA's certificate, and no other.
    ///   - keyPEM: The CA's private key.
    ///   - name: The start of both names in the Secret, such as `ca`, for messages.
    /// - Throws: ``CertificateError`` with `unreadable`, `notAnAuthority` or `keyMismatch`.
    init(certificatePEM: String, keyPEM: String, name: String) throws(CertificateError) {
        let certificates: [AuthorityCertificate]
        do {
            certificates = try CABundle.read(pem: certificatePEM)
        } catch {
            throw CertificateError(.unreadable, "\(name).crt contains no readable certificate in PEM format")
        }
        guard let certificate = certificates.first else {
            throw CertificateError(.unreadable, "\(name).crt contains no certificate in PEM format")
        }
        // The server would have to send a chain with each leaf, and Polypod never creates one.
        guard certificates.count == 1, certificate.maySign else {
            throw CertificateError(
                .notAnAuthority,
                "\(name).crt is not a single certificate that may sign others: put one CA there, or delete the Secret"
            )
        }
        guard let key = try? Certificate.PrivateKey(pemEncoded: keyPEM) else {
            throw CertificateError(.unreadable, "\(name).key contains no readable key in PEM format")
        }
        guard key.publicKey == certificate.certificate.publicKey else {
            throw CertificateError(
                .keyMismatch,
                "\(name).key is not the key of \(name).crt: put the right key there, or delete the Secret"
            )
        }
        self.init(certificate: certificate, key: key, keyPEM: keyPEM)
    }

    /// Creates a self-signed CA with a P-256 key; it can sign leaves and no other CAs.
    ///
    /// - Parameters:
    ///   - name: The start of its common name; a part of the key's identifier follows, so that verifiers do not have to
    ///     try several CAs with the same name.
    ///   - start: The start of its validity, in Unix time.
    ///   - end: The end of its validity, in Unix time.
    /// - Returns: The CA.
    /// - Throws: ``CertificateError`` with `issuing`.
    public static func make(named name: String, from start: Int, until end: Int) throws(CertificateError) -> Self {
        let signer = P256.Signing.PrivateKey()
        let key = Certificate.PrivateKey(signer)
        let identifier = SubjectKeyIdentifier(hash: key.publicKey)
        do {
            let mark = identifier.keyIdentifier.prefix(4).hexadecimal
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
            throw CertificateError(.issuing, "a CA from \(start) to \(end) cannot be created: check the clock")
        }
    }

    /// The CA's certificate as PEM.
    public var certificatePEM: String { certificate.pem }

    /// Creates a serving certificate with a new P-256 key.
    ///
    /// - Parameters:
    ///   - names: DNS names and IP addresses. The API server connects to `SERVICE.NAMESPACE.svc` and never reads the
    ///     subject.
    ///   - start: The start of its validity, in Unix time.
    ///   - end: The end of its validity, in Unix time.
    /// - Returns: The certificate and its key.
    /// - Throws: ``CertificateError`` with `issuing`.
    public func issue(
        for names: [String],
        from start: Int,
        until end: Int
    ) throws(CertificateError) -> IssuedCertificate {
        guard let first = names.first else {
            throw CertificateError(.issuing, "a certificate needs a DNS name: set the webhook's Service")
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
                // A common name has at most 64 characters (RFC 5280, ub-common-name).
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
            throw CertificateError(.issuing, "a certificate for \(first) from \(start) to \(end) cannot be signed")
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

extension SigningAuthority: Equatable {
    /// Whether both have the same certificate.
    public static func == (left: Self, right: Self) -> Bool { left.certificate == right.certificate }
}

extension SigningAuthority: Redacted {
    /// The CA's fingerprint.
    public var description: String { "CA \(certificate.fingerprint) (key redacted)" }
}

extension AuthorityCertificate {
    /// Whether its extensions allow it to sign other certificates (RFC 5280, 4.2.1.3 and 4.2.1.9).
    fileprivate var maySign: Bool {
        guard case .isCertificateAuthority? = try? certificate.extensions.basicConstraints else { return false }
        return (try? certificate.extensions.keyUsage)?.keyCertSign ?? true
    }

    /// The identifier that its leaves refer to (RFC 5280, 4.2.1.1): its own, or the hash of its key if it has none.
    fileprivate var keyIdentifier: ArraySlice<UInt8> {
        let own = try? certificate.extensions.subjectKeyIdentifier?.keyIdentifier
        return own ?? SubjectKeyIdentifier(hash: certificate.publicKey).keyIdentifier
    }
}

/// A serving certificate and its private key, both PEM.
///
/// Descriptions, logs and mirrors do not show the key.
public struct IssuedCertificate: Sendable, Redacted {
    /// The certificate without its CA, which clients have already.
    public let certificate: String
    /// The private key.
    public let key: String

    /// A text without the key.
    public var description: String { "serving certificate (key redacted)" }
}
