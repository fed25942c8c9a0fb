/// The reason why a node cannot be read or changed, with a remedy.
///
/// Nothing on the node has changed when one of these is thrown, except where ``isInstallFailure`` is true.
public struct NodeError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kinds of errors; the raw values stay the same from release to release.
    public enum Code: String, Sendable, CaseIterable {
        /// The root has no container runtime that Polypod supports.
        case hostUnknown = "host-unknown"
        /// The root has several container runtimes, and it is not clear which one the kubelet uses.
        case hostAmbiguous = "host-ambiguous"
        /// The distribution is installed but was never started, so its configuration does not exist yet.
        case hostNotStarted = "host-not-started"
        /// A file is not a regular file, too large, not UTF-8, or cannot be read.
        case configUnreadable = "config-unreadable"
        /// The configuration is not valid TOML.
        case configSyntax = "config-syntax"
        /// The version of the configuration is missing, or Polypod does not support it.
        case configVersion = "config-version"
        /// The runtime handler is already defined outside of Polypod's blocks, with other values.
        case handlerTaken = "handler-taken"
        /// The handler has to be added to an inline table, and TOML does not allow that.
        case tableClosed = "table-closed"
        /// The comments around Polypod's blocks are incomplete.
        case markersDamaged = "markers-damaged"
        /// The edited configuration would not have the intended content.
        case editRefused = "edit-refused"
        /// The bundle is incomplete or for another machine, or its folder on the host contains something else.
        case bundleUnusable = "bundle-unusable"
        /// A file or folder of the host cannot be written.
        case notWritable = "not-writable"
        /// Another installer is working on this node.
        case locked = "locked"
        /// Another program changed the configuration after the plan was made.
        case changedMeanwhile = "changed-meanwhile"
        /// The runtime rejects the configuration or does not know the handler; the old configuration was restored.
        case runtimeRefused = "runtime-refused"
        /// The runtime did not start with the configuration; the old configuration was restored.
        case runtimeDown = "runtime-down"
        /// The old configuration could not be restored, or the runtime did not start with it either.
        case rollbackFailed = "rollback-failed"
        /// The runtime was started with another configuration file than the usual one.
        case configElsewhere = "config-elsewhere"
    }

    /// The stable code.
    public let code: Code
    /// The fault and the file or path that has it.
    public let message: String
    /// The next step for the operator.
    public let remedy: String

    /// Creates an error; `message` begins with the path that the fault is in, if there is one.
    public init(_ code: Code, _ message: String, remedy: String) {
        self.code = code
        self.message = message
        self.remedy = remedy
    }

    /// Whether the installation had already changed the node when it failed, and was rolled back.
    public var isInstallFailure: Bool {
        switch code {
        case .runtimeRefused, .runtimeDown, .rollbackFailed: true
        default: false
        }
    }

    /// Message, remedy and code in one line.
    public var description: String { "\(message); \(remedy) [\(code.rawValue)]" }
}
