import ArgumentParser
import Foundation
import Manifests
import ServingCertificates

/// Creates development certificates for the webhook's Service.
struct CertsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "certs",
        abstract: "Create a development CA and a serving certificate for the webhook's Service.",
        discussion: """
            Writes ca.crt, tls.crt and tls.key, for a webhook that runs as a process outside a cluster. In a cluster the \
            server creates its own certificates (--managed-certificates); certs/make-certs creates those of \
            overlays/static-certs.
            """
    )

    @Option(help: "The Service's name.")
    var service = "polypod-webhook"

    @Option(help: "The Service's namespace.")
    var namespace = "polypod-system"

    @Option(help: "Another DNS name or IP address; may be repeated.")
    var name: [String] = []

    @Option(help: "How many days the certificates are valid, 1 to 825.")
    var days = 365

    @Option(name: .shortAndLong, help: "The folder to write into.")
    var out = "certs"

    @Flag(help: "Overwrite existing files.")
    var force = false

    func validate() throws {
        guard (1...825).contains(days) else { throw ValidationError("--days takes 1 to 825") }
        for label in [service, namespace]
        where label.isEmpty || label.contains(where: { !($0.isLetter || $0.isNumber || $0 == "-") }) {
            throw ValidationError("\"\(label)\" is not a name of a Service or namespace")
        }
    }

    func run() throws {
        let files = FileManager.default
        let made: [(file: String, mode: Int)] = [("ca.crt", 0o644), ("tls.crt", 0o644), ("tls.key", 0o600)]
        for entry in made where !force && files.fileExists(atPath: "\(out)/\(entry.file)") {
            throw BadInput(file: "\(out)/\(entry.file)", reason: "already exists; --force overwrites it")
        }
        let host = "\(service).\(namespace).svc"
        let certificates = try DevelopmentCertificates.make(
            names: [host, "\(host).cluster.local"] + name,
            days: days,
            now: Date()
        )
        do {
            try files.createDirectory(atPath: out, withIntermediateDirectories: true)
        } catch {
            throw BadInput(file: out, reason: "cannot be created")
        }
        let texts = [certificates.authority, certificates.certificate, certificates.key]
        for (entry, text) in zip(made, texts) {
            let path = "\(out)/\(entry.file)"
            // Removes an old file first: a key must not be written to a file that others can read or have open.
            try? files.removeItem(atPath: path)
            guard files.createFile(atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: entry.mode])
            else { throw BadInput(file: path, reason: "cannot be written") }
        }
        Terminal.standardOutput.write(
            """
            \(out)/ca.crt    the CA; its base64 form is the caBundle of the webhook configurations
            \(out)/tls.crt   for \(([host] + name).joined(separator: ", ")), valid \(days) days
            \(out)/tls.key   its key

            """
        )
    }
}

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
