import Foundation
import ServingCertificates

/// A CA certificate and a serving certificate, for development and for `polypod demo`.
struct DevelopmentCertificates {
    /// The CA certificate, PEM; its Base64 form is a caBundle.
    let authority: String
    /// The serving certificate, PEM.
    let certificate: String
    /// The serving certificate's private key, PEM.
    let key: String

    /// Creates both with P-256 keys; the CA's key is not kept, so it signs no other certificate.
    ///
    /// - Parameters:
    ///   - names: DNS names and IP addresses; the API server connects to `SERVICE.NAMESPACE.svc`.
    ///   - days: How long both are valid, in days.
    ///   - now: The time; both are valid from five minutes before, because clocks differ.
    /// - Returns: The certificates.
    /// - Throws: `CertificateError` for a name that a certificate cannot contain.
    static func make(names: [String], days: Int, now: Date) throws -> DevelopmentCertificates {
        let now = Int(now.timeIntervalSince1970)
        let start = now - 300
        let end = now + days * 86_400
        let authority = try SigningAuthority.make(named: "Polypod development CA", from: start, until: end)
        let leaf = try authority.issue(for: names, from: start, until: end)
        return DevelopmentCertificates(
            authority: authority.certificatePEM,
            certificate: leaf.certificate,
            key: leaf.key
        )
    }
}
