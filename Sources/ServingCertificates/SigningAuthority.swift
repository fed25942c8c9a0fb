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

/// A CA with its key: what signs serving certificates.
///
/// Its text, in logs and mirrors too, never shows the key.
public struct SigningAuthority: Sendable {
    let certificate: AuthorityCertificate
    let key: Certificate.PrivateKey
    let keyPEM: String

    init(certificate: AuthorityCertificate, key: Certificate.PrivateKey, keyPEM: String) {
        self.certificate = certificate
        self.key = key
        self.keyPEM = keyPEM
    }

    /// The CA's certificate as PEM.
    public var certificatePEM: String { certificate.pem }
}

extension SigningAuthority {
    /// Reads a CA and its key.
    ///
    /// - Parameter name: what the two are, for messages, such as `ca`.
    /// - Throws: ``CertificateError`` with `unreadable`, `notAnAuthority` or `keyMismatch`.
    init(certificatePEM: String, keyPEM: String, name: String) throws(CertificateError) {
        let certificates: [AuthorityCertificate]
        do {
            certificates = try CABundle.read(pem: certificatePEM)
        } catch {
            throw CertificateError(.unreadable, "\(name).crt holds no PEM certificate that can be read")
        }
        guard let certificate = certificates.first else {
            throw CertificateError(.unreadable, "\(name).crt holds no PEM certificate")
        }
        // A chain would have to be served with each leaf; no CA of Polypod's own making is one.
        guard certificates.count == 1, certificate.maySign else {
            throw CertificateError(
                .notAnAuthority,
                "\(name).crt is not one certificate that may sign others: put a single CA there, or delete the Secret"
            )
        }
        guard let key = try? Certificate.PrivateKey(pemEncoded: keyPEM) else {
            throw CertificateError(.unreadable, "\(name).key holds no PEM key that can be read")
        }
        guard key.publicKey == certificate.certificate.publicKey else {
            throw CertificateError(
                .keyMismatch,
                "\(name).key is not the key of \(name).crt: put the right one there, or delete the Secret"
            )
        }
        self.init(certificate: certificate, key: key, keyPEM: keyPEM)
    }
}

extension AuthorityCertificate {
    /// Whether its extensions let it sign other certificates (RFC 5280, 4.2.1.3 and 4.2.1.9).
    fileprivate var maySign: Bool {
        guard case .isCertificateAuthority? = try? certificate.extensions.basicConstraints else { return false }
        return (try? certificate.extensions.keyUsage)?.keyCertSign ?? true
    }
}

extension SigningAuthority: Equatable {
    /// Whether both are the same CA.
    public static func == (left: Self, right: Self) -> Bool { left.certificate == right.certificate }
}

extension SigningAuthority: Redacted {
    /// The CA's fingerprint.
    public var description: String { "CA \(certificate.fingerprint) (key redacted)" }
}

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

/// A server's certificate and its key, both PEM.
///
/// Its text, in logs and mirrors too, never shows the key.
public struct IssuedCertificate: Sendable, Redacted {
    /// The certificate; the CA is not with it, since clients have to know it anyway.
    public let certificate: String
    /// The key.
    public let key: String

    init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }

    /// What it is.
    public var description: String { "serving certificate (key redacted)" }
}
