public import Basics
import SwiftASN1
import X509

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
