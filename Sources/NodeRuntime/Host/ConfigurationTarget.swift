/// Where a host's configuration is changed.
public enum ConfigurationTarget: Equatable, Sendable {
    /// The runtime's own file, which is edited.
    case file(String)
    /// A folder that the runtime's file takes in, for a file of ours for each handler.
    case dropIns(String)
    /// A Go template that the runtime's file is made from, which gets text behind its own.
    case template(String)

    /// The path for people.
    public var path: String {
        switch self {
        case .file(let path), .dropIns(let path), .template(let path): path
        }
    }

    /// What it is, for people.
    public var title: String {
        switch self {
        case .file(let path): path
        case .dropIns(let path): "drop-ins at \(path)"
        case .template(let path): "template \(path)"
        }
    }
}

/// A host as it was found.
public struct NodeHost: Equatable, Sendable {
    /// Its kind.
    public let kind: HostKind
    /// Its runtime's version, where that could be asked.
    public let version: RuntimeVersion?
    /// The version of its configuration's format; nil for CRI-O, which has one.
    public let configVersion: Int?
    /// Where its configuration is changed.
    public let place: ConfigurationTarget
    /// The language of its configuration.
    let dialect: ConfigFormat
    /// The runtime's program on the host.
    let binary: String?
    /// What the runtime's configuration says as a whole, as far as that is known.
    let effective: TOMLTree
    /// Whether the runtime's program could be asked for that before anything was changed.
    let isDumped: Bool
    /// The runtime's processes.
    let processes: [RuntimeProcess]

    /// What it is, for people.
    public var facts: [String] {
        let runtime = kind == .crio ? kind : .containerd
        let number = version?.description ?? "of unknown version"
        let config = configVersion.map { ["config version \($0)"] } ?? []
        return (kind == runtime ? [] : [kind.title]) + ["\(runtime.title) \(number)"] + config + [place.title]
    }

    /// Whether the runtime is at least of a version; unknown counts as `unknown`.
    func isAtLeast(_ other: RuntimeVersion, unknown: Bool) -> Bool { version.map { $0 >= other } ?? unknown }

    /// Whether runc makes its cgroups through systemd here.
    var isSystemdCgroup: Bool {
        for dialect in [ConfigFormat.containerd3, .containerd2] {
            let standard = effective[dialect.defaultRuntime]?.string ?? "runc"
            for name in ["runc", standard] {
                if let flag = effective[dialect.runtimes + [name, "options", "SystemdCgroup"]]?.bool { return flag }
            }
        }
        return false
    }
}
