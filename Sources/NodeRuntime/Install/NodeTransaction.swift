/// The steps of carrying out a plan, each of which can be taken back.
struct NodeTransaction {
    private let plan: NodePlan
    private let folder: HostFolder
    private let commands: any NodeCommands
    private var files: FileWriter
    private var swaps: [BundleSwap] = []
    private var restarted: RestartPlan.Service?
    /// What came up on the way.
    private(set) var notes: [NodeNote] = []

    init(plan: NodePlan, folder: HostFolder, commands: any NodeCommands) {
        self.plan = plan
        self.folder = folder
        self.commands = commands
        files = FileWriter(folder: folder)
    }

    /// Brings the bundles, before anything speaks of them.
    mutating func putBundles() throws(NodeError) {
        for change in plan.bundles where change.action == .copy || change.action == .replace {
            guard let bundle = change.bundle else { continue }
            _ = try folder.makeFolder(FileWriter.parent(of: change.path))
            swaps.append(try BundleSwap.put(bundle, at: folder.local(change.path)))
        }
    }

    /// Changes the configuration.
    mutating func writeFiles() throws(NodeError) { try files.write(plan.files) }

    /// Asks the runtime's program whether it would take the configuration, before the runtime is stopped for it.
    mutating func ask() throws(NodeError) {
        // A file that the runtime makes of a template is made when it starts.
        if case .template = plan.host.place { return }
        guard plan.host.kind != .microk8s else { return }
        let check = RuntimeCheck(folder: folder, commands: commands)
        switch check.ask(plan.host, for: plan.isRemoval ? [] : plan.engines) {
        case .known: break
        case .unasked:
            guard !plan.isRemoval else { break }
            notes.append(
                NodeNote("unchecked", "the runtime's program could not be run from here to check the configuration")
            )
        case .refused(let reason): throw refusal(reason)
        }
    }

    /// Restarts the runtime, and looks whether it took the configuration.
    mutating func restart(_ service: RestartPlan.Service) throws(NodeError) -> Duration {
        restarted = service
        let (folder, commands, plan) = (folder, commands, plan)
        let outcome = RuntimeRestart(folder: folder, commands: commands).restart(plan.host, service) {
            // A runtime that makes its file anew has done so some time after its process started.
            guard !plan.isRemoval, plan.host.isMade else { return nil }
            return RuntimeCheck(folder: folder, commands: commands).complaint(about: plan.host, for: plan.engines)
        }
        switch outcome {
        case .up(let time): return time
        case .refused(let reason): throw refusal(reason)
        case .down(let reason):
            throw NodeError(
                .runtimeDown,
                "\(plan.host.kind.title) did not come up with the new configuration: \(reason)",
                remedy: "the old one was put back; see 'journalctl -u \(service.unit)' on the node"
            )
        }
    }

    /// Deletes what is not needed any more, the bundles of a removal last.
    ///
    /// The node is as it should be by now: what cannot be deleted is a note and no failure.
    mutating func finish() {
        files.finish()
        for swap in swaps { note { () throws(NodeError) in try swap.commit() } }
        for change in plan.bundles where change.action == .remove {
            let place = folder.local(change.path)
            note { () throws(NodeError) in try BundleSwap.take(place).commit() }
        }
    }

    private mutating func note(_ work: () throws(NodeError) -> Void) {
        do throws(NodeError) { try work() } catch {
            notes.append(NodeNote("bundle-left", "an old bundle could not be deleted: \(error.message)"))
        }
    }

    /// Puts everything back, and restarts a runtime that was restarted.
    ///
    /// - Throws: `rollback-failed` where that does not work.
    mutating func rollBack(from error: NodeError) throws(NodeError) {
        do throws(NodeError) { try files.rollBack() } catch let second {
            throw NodeError(
                .rollbackFailed,
                "\(error.message); the files could not be put back: \(second.message)",
                remedy: "put config.toml.before-polypod back by hand and restart \(plan.host.kind.title)"
            )
        }
        // After the files, since a configuration without its bundle is worse than a bundle without its configuration.
        for swap in swaps.reversed() { note { () throws(NodeError) in try swap.rollBack() } }
        guard let restarted else { return }
        let outcome = RuntimeRestart(folder: folder, commands: commands).restart(plan.host, restarted)
        guard case .down(let reason) = outcome else { return }
        throw NodeError(
            .rollbackFailed,
            "\(error.message); nor did it come up with the old one: \(reason)",
            remedy:
                "the files are as they were; start \(restarted.unit) and see 'journalctl -u \(restarted.unit)' on the node"
        )
    }

    private func refusal(_ reason: String) -> NodeError {
        NodeError(
            .runtimeRefused,
            reason,
            remedy: plan.files.isEmpty
                ? "see which file defines it, with 'containerd config dump' on the node"
                : "the configuration was put back; 'polypod node plan' shows what was tried"
        )
    }
}

extension NodeHost {
    /// Whether the runtime's own file is made from another at every start.
    var isMade: Bool {
        if case .template = place { true } else { kind == .microk8s }
    }
}
