import ArgumentParser
import JSON
import NodeRuntime

/// Installs and removes crun with a Wasm engine on a node.
struct NodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node",
        abstract: "Install or remove the runtime for Wasm and Linux containers in one Pod on a node.",
        discussion: """
            Copies the bundle to /opt/crun-ENGINE on the host, defines the runtime handler crun-ENGINE in the \
            configuration of containerd, kind, k3s, RKE2, MicroK8s or CRI-O, and restarts the runtime once. Comments \
            and all other lines of the configuration stay; uninstall restores it byte for byte.

            Run it on the node, or in a privileged container on the node with the host's root mounted at --root and \
            with hostPID, which the restart needs.

            Exit codes: 0 done, or nothing to do; 1 the installation failed and was rolled back, for status: not \
            installed or not correctly; 2 wrong options or an unsuitable host, nothing was changed; 3 done, but the \
            runtime has to be restarted by hand; 4 the label of the node could not be changed.
            """,
        subcommands: [
            NodeInstallCommand.self, NodeUninstallCommand.self, NodeStatusCommand.self, NodePlanCommand.self,
        ]
    )
}

/// Installs the runtime.
struct NodeInstallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install",
        abstract: "Install the runtime on this node; a second run changes nothing.",
        discussion: """
            Exit codes: 0 installed, now or before; 1 failed and rolled back; 2 wrong options or an unsuitable host, \
            nothing was changed; 3 installed, but the runtime has to be restarted by hand; 4 installed, but the node \
            could not be labelled.
            """
    )

    @OptionGroup var node: NodeOptions
    @OptionGroup var bundle: NodeBundleOptions
    @OptionGroup var label: NodeLabel

    @Flag(help: "Do not restart the runtime, for example while the image of a node is built.")
    var noRestart = false

    func validate() throws {
        try bundle.validate(for: node)
        if noRestart, label.node != nil {
            throw ValidationError("--node cannot be used with --no-restart: the label is for a running runtime")
        }
    }

    func run() async throws {
        let report: NodeReport
        do {
            report = try node.withInstaller { installer in
                try installer.install(
                    node.engines,
                    bundles: bundle.folders(for: node),
                    kind: node.host,
                    isRestarting: !noRestart
                )
            }
        } catch let code as ExitCode where code == ExitCode(1) && label.node != nil {
            try await label.waitForDeletion()
            throw code
        }
        Terminal.standardOutput.write(report.text(for: .standardOutput))
        // The label attracts Pods, so the runtime has to run with the new configuration first.
        if report.isUnfinished || label.node != nil && !report.isTakenUp { throw ExitCode(3) }
        try await label.set(node.engines)
    }
}

/// Removes the runtime.
struct NodeUninstallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "uninstall",
        abstract: "Remove the runtime from this node and restore the configuration byte for byte.",
        discussion: """
            Delete the Pods of the runtime class first: without crun the runtime cannot stop their containers.

            Exit codes: 0 removed, now or before; 1 failed and rolled back; 2 wrong options or an unsuitable host, \
            nothing was changed; 3 removed, but the runtime has to be restarted by hand; 4 the label could not be \
            removed, nothing was changed.
            """
    )

    @OptionGroup var node: NodeOptions
    @OptionGroup var label: NodeLabel

    @Flag(help: "Do not restart the runtime, for example while the image of a node is built.")
    var noRestart = false

    func run() async throws {
        // The label goes first, so that the scheduler assigns no more Pods to the node.
        try await label.remove(node.engines)
        let report: NodeReport
        do {
            report = try node.withInstaller { installer in
                try installer.uninstall(node.engines, kind: node.host, isRestarting: !noRestart)
            }
        } catch let code as ExitCode {
            // The runtime is still installed.
            try await label.set(node.engines)
            if code == ExitCode(1), label.node != nil { try await label.waitForDeletion() }
            throw code
        }
        Terminal.standardOutput.write(report.text(for: .standardOutput))
        if report.isUnfinished { throw ExitCode(3) }
    }
}

/// Shows whether the runtime is installed.
struct NodeStatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show whether the runtime is installed on this node.",
        discussion: """
            Exit codes: 0 installed correctly; 1 not installed or not correctly; 2 wrong options or a host that cannot \
            be read.
            """
    )

    @OptionGroup var node: NodeOptions

    @Option(name: .shortAndLong, help: "The format of the output: text or json.")
    var output: NodeOutput = .text

    func run() throws {
        let status = try node.withPlanner { try $0.status(of: node.engines, kind: node.host) }
        switch output {
        case .json: Terminal.standardOutput.write(document: status.json.prettyText + "\n")
        case .text: Terminal.standardOutput.write(status.text(for: .standardOutput))
        }
        if !status.isRight { throw ExitCode(1) }
    }
}

/// Shows the changes of an installation or a removal.
struct NodePlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show the changes that install or uninstall would make on this node, and make none.",
        discussion: "Exit codes: 0; 2 wrong options or an unsuitable host."
    )

    @OptionGroup var node: NodeOptions
    @OptionGroup var bundle: NodeBundleOptions

    @Flag(help: "Show the changes of uninstall.")
    var uninstall = false

    @Option(name: .shortAndLong, help: "The format of the output: text or json.")
    var output: NodeOutput = .text

    func validate() throws { try bundle.validate(for: node) }

    func run() throws {
        let plan = try node.withPlanner { planner in
            uninstall
                ? try planner.removal(of: node.engines, kind: node.host)
                : try planner.installation(of: node.engines, bundles: bundle.folders(for: node), kind: node.host)
        }
        switch output {
        case .json: Terminal.standardOutput.write(document: plan.json.prettyText + "\n")
        case .text: Terminal.standardOutput.write(plan.text(for: .standardOutput))
        }
    }
}

/// The formats of the output.
enum NodeOutput: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
}
