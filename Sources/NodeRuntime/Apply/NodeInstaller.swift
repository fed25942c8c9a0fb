import Foundation

/// Installs and removes runtimes on a node; after a failure it restores the old state.
public struct NodeInstaller {
    private let folder: HostFolder
    private let commands: any HostCommands

    /// Creates an installer for the host whose file system is `folder`.
    public init(folder: HostFolder, commands: any HostCommands) {
        self.folder = folder
        self.commands = commands
    }

    /// Plans to install the runtimes for `engines` and carries the plan out.
    ///
    /// - Parameters:
    ///   - engines: The engines, each once.
    ///   - bundles: The folders of bundles in this program's file system. The default for an engine is
    ///     ``WasmEngine/folder``.
    ///   - kind: The kind of the host, if the operator has set it; otherwise it is detected.
    ///   - isRestarting: Whether the installer restarts the runtime if that is needed.
    /// - Returns: The changes that were made.
    /// - Throws: The errors of ``Planner/installation(of:bundles:kind:)``; `locked`, `not-writable`,
    ///   `changed-meanwhile`; and `runtime-refused`, `runtime-down` and `rollback-failed`, for which
    ///   ``NodeError/isInstallFailure`` is true. Except after `rollback-failed`, the host is as it was before.
    public func install(
        _ engines: [WasmEngine],
        bundles: [WasmEngine: String] = [:],
        kind: HostKind? = nil,
        isRestarting: Bool = true
    ) throws(NodeError) -> NodeReport {
        let lock = try InstallerLock(folder)
        defer { _ = lock }
        let plan = try Planner(folder: folder, commands: commands)
            .installation(of: engines, bundles: bundles, kind: kind)
        return try run(plan, isRestarting: isRestarting)
    }

    /// Plans to remove the runtimes for `engines` and carries the plan out.
    ///
    /// - Parameters:
    ///   - engines: The engines, each once.
    ///   - kind: The kind of the host, if the operator has set it; otherwise it is detected.
    ///   - isRestarting: Whether the installer restarts the runtime if that is needed.
    /// - Returns: The changes that were made.
    /// - Throws: The errors of ``Planner/removal(of:kind:)``, and the others of
    ///   ``install(_:bundles:kind:isRestarting:)``.
    public func uninstall(
        _ engines: [WasmEngine],
        kind: HostKind? = nil,
        isRestarting: Bool = true
    ) throws(NodeError) -> NodeReport {
        let lock = try InstallerLock(folder)
        defer { _ = lock }
        let plan = try Planner(folder: folder, commands: commands).removal(of: engines, kind: kind)
        return try run(plan, isRestarting: isRestarting)
    }

    private func run(_ plan: NodePlan, isRestarting: Bool) throws(NodeError) -> NodeReport {
        var transaction = NodeTransaction(plan: plan, folder: folder, commands: commands)
        var restart = NodeReport.Restart.notNeeded
        do throws(NodeError) {
            try transaction.copyBundles()
            try transaction.writeFiles()
            try transaction.checkConfiguration()
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
        if case .done = restart { notes.removeAll { $0.code == NodeNote.pendingCode } }
        return NodeReport(plan: plan, restart: restart, notes: notes)
    }
}

/// The result of a plan that was carried out.
public struct NodeReport: Sendable {
    /// The kinds of results of the restart.
    public enum Restart: Equatable, Sendable {
        /// The runtime needed no restart.
        case notNeeded
        /// The service was restarted, and the runtime ran again after this time.
        case done(unit: String, time: Duration)
        /// The caller asked for no restart.
        case leftOut
        /// The operator has to restart the runtime, for this reason.
        case byHand(reason: String)
    }

    /// The plan.
    public let plan: NodePlan
    /// The result of the restart.
    public let restart: Restart
    /// The notes for the operator.
    public let notes: [NodeNote]

    /// Whether the runtime is known to run with the configuration as it is now.
    public var isTakenUp: Bool {
        switch restart {
        case .done: true
        case .notNeeded: !plan.host.processes.isEmpty
        case .leftOut, .byHand: false
        }
    }

    /// Whether the operator has to restart the runtime.
    public var isUnfinished: Bool {
        if case .byHand = restart { true } else { false }
    }
}

/// A lock that prevents two installers from changing the same host at once.
///
/// It is a lock on the host's root folder, so it needs no file. The kernel releases it when the process ends.
struct InstallerLock: ~Copyable {
    private let descriptor: Int32

    /// Takes the lock.
    ///
    /// - Throws: `locked` if another installer has it, `host-unknown` if the root cannot be opened.
    init(_ host: HostFolder) throws(NodeError) {
        let path = host.local("/")
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw NodeError(
                .hostUnknown,
                "\(path): is not a folder, or cannot be opened",
                remedy: "set --root to the root of the host's file system"
            )
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw NodeError(
                .locked,
                "another installer is working on this node",
                remedy: "wait until it has finished and try again"
            )
        }
    }

    deinit {
        // Closing is not enough: a program that another thread starts holds a copy of the descriptor until it calls exec.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
