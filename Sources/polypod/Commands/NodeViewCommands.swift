import ArgumentParser
import JSON
import NodeRuntime
import PodAdmission

/// Says how a node stands.
struct NodeStatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show whether the runtime is installed on this node.",
        discussion: "Exit codes: 0 installed and right; 1 not installed or not right; 2 a host that cannot be read."
    )

    @OptionGroup var node: NodeOptions

    @Option(name: .shortAndLong, help: "Form of the output: text or json.")
    var output: NodeOutput = .text

    func run() throws {
        let status = try node.plan { try $0.status(of: node.engines, kind: node.host) }
        switch output {
        case .json: Terminal.standardOutput.write(status.json.prettyText + "\n")
        case .text: Terminal.standardOutput.write(status.text(for: .standardOutput))
        }
        if !status.isRight { throw ExitCode(1) }
    }
}

/// Says what an installation would change.
struct NodePlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show what install or uninstall would change on this node, and touch nothing.",
        discussion: "Exit codes: 0; 2 bad input or a host that cannot be used."
    )

    @OptionGroup var node: NodeOptions
    @OptionGroup var bundle: NodeBundleOptions

    @Flag(help: "Show what uninstall would change.")
    var uninstall = false

    @Option(name: .shortAndLong, help: "Form of the output: text or json.")
    var output: NodeOutput = .text

    func validate() throws { try bundle.validate(for: node) }

    func run() throws {
        let plan = try node.plan { planner in
            uninstall
                ? try planner.removal(of: node.engines, kind: node.host)
                : try planner.installation(of: node.engines, bundles: bundle.folders(for: node), kind: node.host)
        }
        switch output {
        case .json: Terminal.standardOutput.write(plan.json.prettyText + "\n")
        case .text: Terminal.standardOutput.write(plan.text(for: .standardOutput))
        }
    }
}

/// The forms of output.
enum NodeOutput: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
}
