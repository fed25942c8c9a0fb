import ArgumentParser
import Foundation

/// The command line: the webhook's answers without a cluster, and what one needs around it.
@main
struct Polypod: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "polypod",
        abstract: "Wasm modules and Linux containers in one Pod, without a change to its manifest.",
        discussion: """
            Exit codes: 0 nothing denied; 1 something denied, or under --strict unresolved or warned of; 2 bad input, \
            with its file, line and field.
            """,
        version: Version.text,
        subcommands: [
            CheckCommand.self, InspectCommand.self, DemoCommand.self, CertsCommand.self, ConfigCommand.self,
            PolicyCommand.self, ReviewCommand.self, NodeCommand.self,
        ]
    )

    /// Runs a command and ends the process with the documented exit code; a wrong option is bad input.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let error as BadInput {
            Terminal.standardError.write("polypod: \(error)\n")
            Foundation.exit(2)
        } catch {
            let code = exitCode(for: error)
            if code == .validationFailure {
                Terminal.standardError.write(fullMessage(for: error) + "\n")
                Foundation.exit(2)
            }
            exit(withError: error)
        }
    }
}

/// Input that cannot be used, with its place.
struct BadInput: Error, CustomStringConvertible {
    /// The file, `-` for standard input, or an option's name.
    let file: String
    /// The line, from 1, where it is known.
    var line: Int?
    /// The path to the field, where it is one.
    var field: String?
    /// What is wrong and what was expected.
    let reason: String

    var description: String {
        let place = line.map { "\(file):\($0)" } ?? file
        return [place, field, reason].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: ": ")
    }
}
