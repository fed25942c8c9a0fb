import ArgumentParser
import Foundation

/// Makes development certificates for the webhook's Service.
struct CertsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "certs",
        abstract: "Make a development CA and a serving certificate for the webhook's Service.",
        discussion: """
            Writes ca.crt, tls.crt and tls.key, to run the webhook as a process. In a cluster the server makes its own \
            (--managed-certificates), and certs/make-certs makes those of overlays/static-certs.
            """
    )

    @Option(help: "The Service's name.")
    var service = "polypod-webhook"

    @Option(help: "The Service's namespace.")
    var namespace = "polypod-system"

    @Option(help: "A further DNS name or IP address; may be given again.")
    var name: [String] = []

    @Option(help: "How many days the certificates are valid, 1 to 825.")
    var days = 365

    @Option(name: .shortAndLong, help: "The folder to write into.")
    var out = "certs"

    @Flag(help: "Overwrite certificates that are there.")
    var force = false

    func validate() throws {
        guard (1...825).contains(days) else { throw ValidationError("--days takes 1 to 825") }
        for label in [service, namespace]
        where label.isEmpty || label.contains(where: { !($0.isLetter || $0.isNumber || $0 == "-") }) {
            throw ValidationError("\"\(label)\" is no name of a Service or namespace")
        }
    }

    func run() throws {
        let files = FileManager.default
        let made: [(file: String, mode: Int)] = [("ca.crt", 0o644), ("tls.crt", 0o644), ("tls.key", 0o600)]
        for entry in made where !force && files.fileExists(atPath: "\(out)/\(entry.file)") {
            throw BadInput(file: "\(out)/\(entry.file)", reason: "is there already; --force overwrites it")
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
            throw BadInput(file: out, reason: "cannot be made")
        }
        let texts = [certificates.authority, certificates.certificate, certificates.key]
        for (entry, text) in zip(made, texts) {
            let path = "\(out)/\(entry.file)"
            // Removed first, so that a key never stands in a file that others could already read.
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
