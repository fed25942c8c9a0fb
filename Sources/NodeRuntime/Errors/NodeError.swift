/// Why a node cannot be read or changed, with what to do about it.
///
/// Unless ``isInstallFailure`` says otherwise, nothing on the node was changed when one of these is thrown.
public struct NodeError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What went wrong, in words that stay the same from release to release.
    public enum Code: String, Sendable, CaseIterable {
        /// No container runtime that Polypod knows was found under the root.
        case hostUnknown = "host-unknown"
        /// Several container runtimes were found and none stands out.
        case hostAmbiguous = "host-ambiguous"
        /// The distribution is there, but was never started, so that there is no configuration to read.
        case hostNotStarted = "host-not-started"
        /// The configuration is no readable text file.
        case configUnreadable = "config-unreadable"
        /// The configuration is no TOML.
        case configSyntax = "config-syntax"
        /// The configuration's version is missing or one that Polypod does not know.
        case configVersion = "config-version"
        /// Somebody else defines the runtime handler, with other values.
        case handlerTaken = "handler-taken"
        /// A table that would have to be extended is written so that TOML forbids that.
        case tableClosed = "table-closed"
        /// Polypod's marks in the configuration are incomplete.
        case markersDamaged = "markers-damaged"
        /// The edited configuration would not say what it should.
        case editRefused = "edit-refused"
        /// The bundle is incomplete, for another machine, or in the way of somebody else's folder.
        case bundleUnusable = "bundle-unusable"
        /// The file system does not take the change.
        case notWritable = "not-writable"
        /// Another installer is at work on this node.
        case locked = "locked"
        /// The configuration was changed by somebody else between the plan and its execution.
        case changedMeanwhile = "changed-meanwhile"
        /// The runtime does not accept the configuration or does not know the handler; it was put back.
        case runtimeRefused = "runtime-refused"
        /// The runtime did not come up with the configuration; it was put back.
        case runtimeDown = "runtime-down"
        /// The configuration could not be put back, or the runtime did not come up with the old one either.
        case rollbackFailed = "rollback-failed"
        /// The runtime was started with a configuration that is not the host's usual one.
        case configElsewhere = "config-elsewhere"
    }

    /// The stable code.
    public let code: Code
    /// What is wrong, with its place.
    public let message: String
    /// What to do next.
    public let remedy: String

    /// Creates an error.
    public init(_ code: Code, _ message: String, remedy: String) {
        self.code = code
        self.message = message
        self.remedy = remedy
    }

    /// Whether the node was changed for a while: an installation that failed and was taken back.
    public var isInstallFailure: Bool {
        switch code {
        case .runtimeRefused, .runtimeDown, .rollbackFailed: true
        default: false
        }
    }

    /// The text for people: message, remedy, code.
    public var description: String { "\(message); \(remedy) [\(code.rawValue)]" }
}
