/// The operating system of a node with its container runtime, as found by ``HostDetector``.
public struct NodeHost: Equatable, Sendable {
    /// The container runtime or distribution.
    public let kind: HostKind
    /// The version of the runtime; nil if its program cannot be run.
    public let version: RuntimeVersion?
    /// The version in containerd's configuration; nil for CRI-O, whose configuration has no version.
    public let configVersion: Int?
    /// The file or folder in which Polypod configures the handlers.
    public let target: ConfigurationTarget
    /// The format of the configuration.
    let format: ConfigFormat
    /// The path of the runtime's program on the host; nil if it is at none of the usual paths.
    let binary: String?
    /// The complete configuration of the runtime, as far as it is known.
    let effective: TOMLTree
    /// Whether the runtime's program could print the configuration before the change.
    let isDumped: Bool
    /// The processes of the runtime.
    let processes: [RuntimeProcess]

    /// The kind, versions and target, for people.
    public var facts: [String] {
        let runtime = kind == .crio ? kind : .containerd
        let number = version?.description ?? "of unknown version"
        let config = configVersion.map { ["config version \($0)"] } ?? []
        return (kind == runtime ? [] : [kind.title]) + ["\(runtime.title) \(number)"] + config + [target.title]
    }

    /// Whether the runtime's version is `other` or later; `unknown` if the version is not known.
    func isAtLeast(_ other: RuntimeVersion, unknown: Bool) -> Bool { version.map { $0 >= other } ?? unknown }

    /// Whether Polypod sets `use_local_image_pull`: containerd 2.1 and later have it, 2.2.2 and later need it.
    var needsImagePull: Bool {
        format != .crio && isAtLeast(RuntimeVersion(2, 1), unknown: format == .containerd3)
    }

    /// Whether the runtime generates its configuration file from another file at every start.
    var isConfigurationGenerated: Bool {
        if case .template = target { true } else { kind == .microk8s }
    }

    /// Whether runc, or the default runtime if runc has no such setting, creates cgroups through systemd.
    var isSystemdCgroup: Bool {
        for format in [ConfigFormat.containerd3, .containerd2] {
            let standard = effective[format.defaultRuntime]?.string ?? "runc"
            for name in ["runc", standard] {
                if let flag = effective[format.runtimes + [name, "options", "SystemdCgroup"]]?.bool { return flag }
            }
        }
        return false
    }
}

/// The file or folder of a host in which Polypod configures the handlers.
public enum ConfigurationTarget: Equatable, Sendable {
    /// The runtime's own configuration file, which Polypod edits.
    case file(String)
    /// A folder whose files the runtime reads too; Polypod writes one file for each handler.
    case dropIns(String)
    /// A Go template from which the runtime's file is generated; Polypod appends text to it.
    case template(String)

    /// The path of the file or folder.
    public var path: String {
        switch self {
        case .file(let path), .dropIns(let path), .template(let path): path
        }
    }

    /// The kind of target and its path, for people.
    public var title: String {
        switch self {
        case .file(let path): path
        case .dropIns(let path): "drop-ins at \(path)"
        case .template(let path): "template \(path)"
        }
    }
}

/// The version of a container runtime, of which the first three numbers are compared.
public struct RuntimeVersion: Comparable, Sendable, CustomStringConvertible {
    /// The version as the program prints it, such as `1.6.20~ds1`.
    public let description: String
    private let numbers: [Int]

    /// Creates a version to compare with.
    init(_ numbers: Int...) {
        self.numbers = numbers
        description = numbers.map(String.init).joined(separator: ".")
    }

    /// Reads the output of `--version`; nil if it contains no version.
    ///
    /// Examples: `containerd github.com/containerd/containerd/v2 v2.2.1 …`, `crio version 1.30.0`.
    init?(output: String) {
        let words = output.split(whereSeparator: \.isWhitespace).dropFirst()
        for word in words {
            let text = word.hasPrefix("v") ? word.dropFirst() : word
            let parts = text.prefix { $0 == "." || ("0"..."9").contains($0) }.split(separator: ".")
            let numbers = parts.compactMap { Int($0) }
            guard numbers.count >= 2, numbers.count == parts.count, text.first?.isNumber ?? false else { continue }
            self.numbers = numbers
            description = String(text)
            return
        }
        return nil
    }

    /// Whether the first three numbers are equal; `2.1` equals `2.1.0`.
    public static func == (left: RuntimeVersion, right: RuntimeVersion) -> Bool { !(left < right) && !(right < left) }

    /// Whether `left` is older than `right`.
    public static func < (left: RuntimeVersion, right: RuntimeVersion) -> Bool {
        for index in 0..<3 {
            let (a, b) = (
                left.numbers.indices.contains(index) ? left.numbers[index] : 0,
                right.numbers.indices.contains(index) ? right.numbers[index] : 0
            )
            if a != b { return a < b }
        }
        return false
    }
}
