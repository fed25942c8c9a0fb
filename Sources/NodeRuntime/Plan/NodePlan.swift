/// The changes that an installation or a removal makes on a node.
///
/// `node plan` shows it, `node install` and `node uninstall` carry it out.
public struct NodePlan: Sendable {
    /// The host as it was found.
    public let host: NodeHost
    /// The engines to install or remove.
    public let engines: [WasmEngine]
    /// Whether the engines are removed.
    public let isRemoval: Bool
    /// The changed files, in the order in which they are written.
    public let files: [FileChange]
    /// The action for each bundle.
    public let bundles: [BundleChange]
    /// The notes for the operator.
    public let notes: [NodeNote]
    /// The way to restart the runtime; nil if it needs no restart.
    public let restart: RestartPlan?

    /// Whether there is nothing to do.
    public var isEmpty: Bool { restart == nil && files.isEmpty && bundles.allSatisfy { !$0.isChange } }
}

/// A file that is created, changed or removed.
public struct FileChange: Equatable, Sendable {
    /// The path on the host.
    public let path: String
    /// The file as it was read; nil if it is created.
    public let before: HostFile?
    /// The new content; nil if the file is removed.
    public let after: [UInt8]?
    /// Whether it is the copy of the old configuration, which the runtime does not read.
    public var isBackup = false
    /// The file whose mode and owner a new file gets; nil for mode 0644 and this process's user.
    var model: HostFile?
    /// Whether the folder is removed too if it is empty then.
    var isFolderRemoved = false

    /// The change in the format of `diff -u`.
    public var diff: String {
        UnifiedDiff.text(
            from: before.map { String(decoding: $0.bytes, as: UTF8.self) },
            to: after.map { String(decoding: $0, as: UTF8.self) },
            path: path
        )
    }
}

/// The action for the bundle of one engine.
public struct BundleChange: Sendable {
    /// The kinds of actions.
    public enum Action: String, Sendable {
        /// Copy the bundle to the host, which has none.
        case copy
        /// Replace another bundle on the host.
        case replace
        /// Keep the bundle on the host.
        case keep
        /// Remove the bundle from the host.
        case remove
        /// Do nothing: there is no bundle of Polypod's to remove.
        case none
    }

    /// The engine.
    public let engine: WasmEngine
    /// The action.
    public let action: Action
    /// The bundle to copy, keep or remove; nil if it cannot be read.
    public let bundle: RuntimeBundle?
    /// The path of the bundle on the host.
    public let path: String

    /// Whether the action changes the host.
    public var isChange: Bool { action != .keep && action != .none }
}

/// The way to restart a runtime.
public enum RestartPlan: Equatable, Sendable {
    /// Through the host's service manager.
    case service(Service)
    /// By the operator, for this reason.
    case byHand(reason: String)

    /// The service of the runtime.
    public struct Service: Equatable, Sendable {
        /// The path of the service manager's program on the host.
        let manager: String
        /// The name of the service.
        public let unit: String
        /// A process in whose namespaces the service manager runs.
        let process: RuntimeProcess
    }
}
