import Foundation
import ServingCertificates

/// A certificate authority and a serving certificate, for development and demonstration.
struct DevelopmentCertificates {
    /// The authority's certificate, for a caBundle, as PEM.
    let authority: String
    /// The serving certificate as PEM.
    let certificate: String
    /// The serving certificate's key as PEM.
    let key: String

    /// Makes both with P-256 keys; the authority's key is forgotten, so that it signs nothing else.
    ///
    /// - Parameters:
    ///   - names: DNS names and IP addresses; the API server asks for `SERVICE.NAMESPACE.svc`.
    ///   - days: How long both are valid.
    ///   - now: The start, less five minutes for clocks that differ.
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
