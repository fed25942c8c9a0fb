import ArgumentParser
import ImageRegistry
import JSON
import Manifests
import PodAdmission

/// Checks a configuration file and prints it as JSON for the server.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Check a policy, registries or Docker configuration and print it as JSON for the server.",
        discussion: "The server reads only JSON. This command converts YAML, and reports errors with file and line."
    )

    /// The kind of configuration file.
    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case policy
        case registries
        case docker
    }

    @Argument(help: "The kind of file: policy, registries or docker.")
    var kind: Kind

    @Argument(help: "The file, or - for standard input.")
    var file: String

    func run() throws {
        let documents = try ManifestFiles.read([file])
        for document in documents {
            do throws(FieldError) {
                switch kind {
                case .policy: _ = try PolicySet(reading: document.value)
                case .registries: _ = try RegistriesConfiguration(document.value)
                case .docker: _ = try DockerConfiguration(document.value)
                }
            } catch {
                throw document.badInput(error)
            }
        }
        guard let first = documents.first else { throw BadInput(file: file, reason: "contains no document") }
        guard documents.count == 1 || kind == .policy else {
            throw BadInput(file: file, reason: "expected one document, found \(documents.count)")
        }
        let value = documents.count == 1 ? first.value : .array(documents.map(\.value))
        Terminal.standardOutput.write(document: value.prettyText + "\n")
    }
}
