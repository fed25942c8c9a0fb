import ArgumentParser
import Foundation
import Manifests
import Observability

/// The command line `polypod`: the webhook's decisions without a cluster, tools for policies, and the node installer.
@main
struct Polypod: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "polypod",
        abstract: "Wasm modules and Linux containers in one Pod, with no change to its manifest.",
        discussion: """
            Exit codes: 0 success, and nothing is denied; 1 something is denied or not runnable, or with --strict \
            unknown or warned of; 2 bad input: the message names its file, line and field; 3 node: done, but \
            the runtime must be restarted by hand; 4 node: the label of the node could not be changed.
            """,
        version: PolypodVersion.current,
        subcommands: [
            CheckCommand.self, InspectCommand.self, DemoCommand.self, CertsCommand.self, ConfigCommand.self,
            PolicyCommand.self, ReviewCommand.self, NodeCommand.self,
        ]
    )

    /// Runs a command and ends the process with the documented exit code; a wrong option ends it with 2.
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
