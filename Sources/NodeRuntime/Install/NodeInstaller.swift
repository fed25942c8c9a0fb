/// Changes a node as a plan says, or leaves it as it was.
public struct NodeInstaller {
    private let folder: HostFolder
    private let commands: any NodeCommands

    /// Creates one for the host under `folder`.
    public init(folder: HostFolder, commands: any NodeCommands) {
        self.folder = folder
        self.commands = commands
    }

    /// Works out what installing `engines` changes, and changes it.
    ///
    /// - Parameters:
    ///   - bundles: where an engine's bundle lies, for those that do not lie at their usual place.
    ///   - kind: what the host is, where the person says so.
    ///   - isRestarting: whether the runtime may be restarted.
    /// - Throws: why it cannot be done; with ``NodeError/isInstallFailure`` everything has been put back.
    public func install(
        _ engines: [WasmEngine],
        bundles: [WasmEngine: String] = [:],
        kind: HostKind? = nil,
        isRestarting: Bool = true
    ) throws(NodeError) -> NodeReport {
        let lock = try NodeLock(folder)
        defer { _ = lock }
        let plan = try Planner(folder: folder, commands: commands)
            .installation(of: engines, bundles: bundles, kind: kind)
        return try run(plan, isRestarting: isRestarting)
    }

    /// Works out what taking `engines` away changes, and changes it.
    ///
    /// - Throws: as ``install(_:bundles:kind:isRestarting:)`` does.
    public func uninstall(
        _ engines: [WasmEngine],
        kind: HostKind? = nil,
        isRestarting: Bool = true
    ) throws(NodeError) -> NodeReport {
        let lock = try NodeLock(folder)
        defer { _ = lock }
        let plan = try Planner(folder: folder, commands: commands).removal(of: engines, kind: kind)
        return try run(plan, isRestarting: isRestarting)
    }

    private func run(_ plan: NodePlan, isRestarting: Bool) throws(NodeError) -> NodeReport {
        var transaction = NodeTransaction(plan: plan, folder: folder, commands: commands)
        var restart = NodeReport.Restart.notNeeded
        do throws(NodeError) {
            try transaction.putBundles()
            try transaction.writeFiles()
            try transaction.ask()
            switch plan.restart {
            case nil: break
            case .service(let service) where isRestarting:
                restart = .done(unit: service.unit, time: try transaction.restart(service))
            case .byHand(let reason) where isRestarting: restart = .byHand(reason: reason)
            default: restart = .leftOut
            }
        } catch {
            try transaction.rollBack(from: error)
            throw error
        }
        transaction.finish()
        var notes = plan.notes + transaction.notes
        // The restart that was pending has been made.
        if case .done = restart { notes.removeAll { $0.code == HostNotes.pendingCode } }
        return NodeReport(plan: plan, restart: restart, notes: notes)
    }
}
