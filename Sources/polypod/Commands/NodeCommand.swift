import ArgumentParser
import NodeRuntime

/// Brings crun and a Wasm engine to a node, and takes them away again.
struct NodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node",
        abstract: "Give a node the runtime that runs Wasm and Linux containers in one Pod, or take it away.",
        discussion: """
            Copies the bundle to /opt/crun-ENGINE on the host, defines the runtime handler crun-ENGINE in the \
            configuration of containerd, kind, k3s, RKE2, MicroK8s or CRI-O, and restarts that once. Comments and \
            everything else in the configuration stay; uninstall leaves its bytes as they were.

            It runs on the node, or in a privileged container there with the host's root mounted at --root and with \
            hostPID, which it needs for the restart.

            Exit codes: 0 done, or nothing to do; 1 an installation that failed and was taken back, for status: not \
            installed or not right; 2 bad input or a host that cannot be used, with nothing changed; 3 done, but a \
            person has to restart the runtime; 4 the node's label could not be set.
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
        abstract: "Install the runtime on this node; a second time changes nothing.",
        discussion: """
            Exit codes: 0 installed, now or before; 1 failed and taken back; 2 bad input or a host that cannot be \
            used, with nothing changed; 3 installed, but a person has to restart the runtime; 4 installed, but the \
            node could not be labelled.
            """
    )

    @OptionGroup var node: NodeOptions
    @OptionGroup var bundle: NodeBundleOptions
    @OptionGroup var label: NodeLabel

    @Flag(help: "Leave the runtime running with its old configuration, as when a node's image is built.")
    var noRestart = false

    func validate() throws {
        try bundle.validate(for: node)
        if noRestart, label.node != nil { throw ValidationError("--node labels what runs: not with --no-restart") }
    }

    func run() async throws {
        let report: NodeReport
        do {
            report = try node.perform { installer in
                try installer.install(
                    node.engines,
                    bundles: bundle.folders(for: node),
                    kind: node.host,
                    isRestarting: !noRestart
                )
            }
        } catch let code as ExitCode where code == ExitCode(1) && label.node != nil {
            try await label.stay()
            throw code
        }
        Terminal.standardOutput.write(report.text(for: .standardOutput))
        // A label says that Pods can come: not where nobody has seen the runtime run with what it says.
        if report.isUnfinished || label.node != nil && !report.isTakenUp { throw ExitCode(3) }
        try await label.set(node.engines)
    }
}

/// Takes the runtime away.
struct NodeUninstallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "uninstall",
        abstract: "Take the runtime away; the configuration's bytes are then what they were.",
        discussion: """
            Delete the Pods of the runtime class first: without crun the runtime cannot stop their containers.

            Exit codes: 0 gone, now or before; 1 failed and taken back; 2 bad input or a host that cannot be used, \
            with nothing changed; 3 gone, but a person has to restart the runtime; 4 the label could not be taken \
            away, and nothing was changed.
            """
    )

    @OptionGroup var node: NodeOptions
    @OptionGroup var label: NodeLabel

    @Flag(help: "Leave the runtime running with its old configuration, as when a node's image is built.")
    var noRestart = false

    func run() async throws {
        // First, so that no Pod is sent here any more.
        try await label.remove(node.engines)
        let report: NodeReport
        do {
            report = try node.perform { installer in
                try installer.uninstall(node.engines, kind: node.host, isRestarting: !noRestart)
            }
        } catch let code as ExitCode {
            // The runtime is still there.
            try await label.set(node.engines)
            if code == ExitCode(1), label.node != nil { try await label.stay() }
            throw code
        }
        Terminal.standardOutput.write(report.text(for: .standardOutput))
        if report.isUnfinished { throw ExitCode(3) }
    }
}
