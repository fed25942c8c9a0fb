import ArgumentParser
import Foundation
import ImageRegistry
import JSON
import Logging
import Manifests
import PodAdmission

/// The options that the commands share with the server.
struct InspectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Mirrors, plain HTTP, CAs and credentials, in k3s's registries.yaml format.",
            valueName: "file"
        )
    )
    var registries: String?

    @Option(help: ArgumentHelp("Credentials in the format of Docker's config.json.", valueName: "file"))
    var dockerConfig: String?

    @Option(
        help: ArgumentHelp(
            "WasmPolicy objects in YAML or JSON; the built-in policy applies if none matches.",
            valueName: "file"
        )
    )
    var policy: String?

    @Option(
        help: ArgumentHelp(
            "A token server that may receive the credentials of any registry; may be repeated.",
            valueName: "host"
        )
    )
    var tokenHost: [String] = []

    @Option(help: ArgumentHelp("How long to wait for registries, in seconds.", valueName: "seconds"))
    var timeout: Double = 15

    func validate() throws {
        guard timeout > 0, timeout <= 600 else { throw ValidationError("--timeout takes 0 to 600 seconds") }
    }

    /// The policies of `--policy`.
    func policies() throws -> PolicySet {
        guard let policy else { return PolicySet() }
        return PolicySet(try Self.policies(in: policy))
    }

    /// The policies of one file, each with its own place in an error.
    static func policies(in file: String) throws -> [WasmPolicy] {
        try ManifestFiles.read([file]).flatMap { document in
            do throws(FieldError) { return try PolicySet(reading: document.value).policies } catch {
                throw document.badInput(error)
            }
        }
    }

    /// How the inspector reaches registries.
    func configuration() throws -> InspectorConfiguration {
        var configuration = InspectorConfiguration()
        configuration.environment = ProcessInfo.processInfo.environment
        configuration.lookupTimeout = .seconds(timeout)
        configuration.realmHosts = Set(tokenHost.map { $0.lowercased() })
        configuration.logger = Logger(label: "polypod") { _ in SwiftLogNoOpLogHandler() }
        if let registries {
            configuration.registries = try Self.read(registries) { value throws(FieldError) in
                try RegistriesConfiguration(value)
            }
        }
        if let dockerConfig {
            configuration.credentials = try Self.read(dockerConfig) { value throws(FieldError) in
                try DockerConfiguration(value)
            }
        }
        return configuration
    }

    /// Reads the one document of `file`.
    static func read<Value>(_ file: String, _ read: (JSONValue) throws(FieldError) -> Value) throws -> Value {
        let documents = try YAMLReader.documents(in: try ManifestFiles.text(of: file), file: file)
        guard documents.count == 1 else { throw BadInput(file: file, reason: "expected one document") }
        do throws(FieldError) { return try read(documents[0].value) } catch { throw documents[0].badInput(error) }
    }
}
