/// The steps that carry out a plan and can be rolled back.
struct NodeTransaction {
    private let plan: NodePlan
    private let folder: HostFolder
    private let commands: any HostCommands
    private var files: FileWriter
    private var swaps: [BundleSwap] = []
    private var restarted: RestartPlan.Service?
    /// The notes from the steps so far.
    private(set) var notes: [NodeNote] = []

    init(plan: NodePlan, folder: HostFolder, commands: any HostCommands) {
        self.plan = plan
        self.folder = folder
        self.commands = commands
        files = FileWriter(folder: folder)
    }

    private var check: RuntimeCheck { RuntimeCheck(folder: folder, commands: commands) }

    /// Copies the bundles, before a configuration refers to them.
    ///
    /// - Throws: `not-writable`, `config-unreadable`.
    mutating func copyBundles() throws(NodeError) {
        for change in plan.bundles where change.action == .copy || change.action == .replace {
            guard let bundle = change.bundle else { continue }
            _ = try folder.makeFolder(FileWriter.parent(of: change.path))
            swaps.append(try BundleSwap.put(bundle, at: folder.local(change.path)))
        }
    }

    /// Writes the configuration.
    ///
    /// - Throws: `changed-meanwhile`, `not-writable`, `config-unreadable`.
    mutating func writeFiles() throws(NodeError) { try files.write(plan.files) }

    /// Checks that the runtime's program accepts the configuration, before the restart.
    ///
    /// - Throws: `runtime-refused`.
    mutating func checkConfiguration() throws(NodeError) {
        // A file that is generated from a template or from another file changes only at the start.
        guard !plan.host.isConfigurationGenerated else { return }
        switch check.check(plan.host, for: plan.isRemoval ? [] : plan.engines) {
        case .known: break
        case .unchecked:
            guard !plan.isRemoval else { break }
            notes.append(
                NodeNote(
                    "unchecked",
                    "the configuration was not checked: the runtime's program cannot be run from here"
                )
            )
        case .refused(let reason): throw refusal(reason)
        }
    }

    /// Restarts the runtime and checks that it runs with the configuration.
    ///
    /// - Returns: The time until it ran again.
    /// - Throws: `runtime-down`, `runtime-refused`.
    mutating func restart(_ service: RestartPlan.Service) throws(NodeError) -> Duration {
        restarted = service
        let (check, plan) = (check, plan)
        let outcome = RuntimeRestart(folder: folder, commands: commands).restart(plan.host, service) {
            // The runtime generates its file some time after its process has started.
            guard !plan.isRemoval, plan.host.isConfigurationGenerated else { return nil }
            return check.complaint(about: plan.host, for: plan.engines)
        }
        switch outcome {
        case .up(let time): return time
        case .refused(let reason): throw refusal(reason)
        case .down(let reason):
            throw NodeError(
                .runtimeDown,
                "\(plan.host.kind.title) did not come up with the new configuration: \(reason)",
                remedy: "the old configuration was restored; run 'journalctl -u \(service.unit)' on the node"
            )
        }
    }

    /// Deletes what is no longer needed; the bundles of a removal come last.
    ///
    /// The node already has its intended state, so a file that cannot be deleted leads to a note and not to an error.
    mutating func finish() {
        files.removeEmptyFolders()
        for swap in swaps { note { () throws(NodeError) in try swap.commit() } }
        for change in plan.bundles where change.action == .remove {
            let path = folder.local(change.path)
            note { () throws(NodeError) in try BundleSwap.moveAway(path).commit() }
        }
    }

    private mutating func note(_ work: () throws(NodeError) -> Void) {
        do throws(NodeError) { try work() } catch {
            notes.append(NodeNote("bundle-left", "an old bundle could not be deleted: \(error.message)"))
        }
    }

    /// Restores the files and bundles, and restarts the runtime if it was restarted before.
    ///
    /// - Parameter error: The error that led to the rollback.
    /// - Throws: `rollback-failed` if the files cannot be restored or the runtime does not start.
    mutating func rollBack(from error: NodeError) throws(NodeError) {
        do throws(NodeError) { try files.rollBack() } catch let second {
            throw NodeError(
                .rollbackFailed,
                "\(error.message); restoring the files failed: \(second.message)",
                remedy: "restore config.toml.before-polypod by hand and restart \(plan.host.kind.title)"
            )
        }
        // The files come first: a handler without its bundle is worse than a bundle without its handler.
        for swap in swaps.reversed() { note { () throws(NodeError) in try swap.rollBack() } }
        guard let restarted else { return }
        let outcome = RuntimeRestart(folder: folder, commands: commands).restart(plan.host, restarted)
        guard case .down(let reason) = outcome else { return }
        throw NodeError(
            .rollbackFailed,
            "\(error.message); it did not come up with the old configuration either: \(reason)",
            remedy:
                "the files are restored; start \(restarted.unit) and run 'journalctl -u \(restarted.unit)' on the node"
        )
    }

    private func refusal(_ reason: String) -> NodeError {
        NodeError(
            .runtimeRefused,
            reason,
            remedy: plan.files.isEmpty
                ? "run 'containerd config dump' on the node to find the file that defines the handler"
                : "the old configuration was restored; 'polypod node plan' shows the lines that were added"
        )
    }
}
