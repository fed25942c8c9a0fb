/// What an installation or its removal does to a node: shown by one command, carried out by another.
public struct NodePlan: Sendable {
    /// The host as it was found.
    public let host: NodeHost
    /// The engines it is about.
    public let engines: [WasmEngine]
    /// Whether it takes away what another one brought.
    public let isRemoval: Bool
    /// The files that change, in the order they are written.
    public let files: [FileChange]
    /// What becomes of the bundles.
    public let bundles: [BundleChange]
    /// What a person should know.
    public let notes: [NodeNote]
    /// How the runtime is restarted; nil where it need not be.
    public let restart: RestartPlan?

    /// Whether there is nothing to do.
    public var isEmpty: Bool { restart == nil && files.isEmpty && bundles.allSatisfy { !$0.isChange } }
}

/// One file that changes.
public struct FileChange: Equatable, Sendable {
    /// Its path on the host.
    public let path: String
    /// The file as it was read; nil for one that is created.
    public let before: HostFile?
    /// Its bytes afterwards; nil for one that is removed.
    public let after: [UInt8]?
    /// Whether it is a copy of the configuration kept beside it, which the runtime does not read.
    public var isBackup = false
    /// The file whose mode and owner a new file gets; nil for 0644 and ours.
    var model: HostFile?
    /// Whether its folder goes with it.
    var isFolderRemoved = false

    /// The change as `diff -u` would print it.
    public var diff: String {
        UnifiedDiff.text(
            from: before.map { String(decoding: $0.bytes, as: UTF8.self) },
            to: after.map { String(decoding: $0, as: UTF8.self) },
            path: path
        )
    }
}

/// What becomes of one engine's bundle.
public struct BundleChange: Sendable {
    /// What is done.
    public enum Action: String, Sendable {
        /// It is copied to where there is none.
        case copy
        /// It takes the place of another version.
        case replace
        /// It is there already.
        case keep
        /// It is removed.
        case remove
        /// There is none, and none is wanted.
        case none
    }

    /// The engine.
    public let engine: WasmEngine
    /// What is done.
    public let action: Action
    /// The bundle: the one that will be there, or that goes.
    public let bundle: RuntimeBundle?
    /// Where it lies on the host.
    public let path: String

    /// Whether something is done at all.
    public var isChange: Bool { action != .keep && action != .none }
}

/// How a runtime is restarted.
public enum RestartPlan: Equatable, Sendable {
    /// By a service manager.
    case service(Service)
    /// By a person, and why.
    case byHand(reason: String)

    /// A service that runs the runtime.
    public struct Service: Equatable, Sendable {
        /// The service manager's program on the host.
        let manager: String
        /// The service.
        public let unit: String
        /// The process beside which the service manager is found.
        let process: RuntimeProcess

        /// Whether the manager is systemd; OpenRC otherwise.
        var isSystemd: Bool { manager.hasSuffix("systemctl") }
    }
}
