/// The container runtimes and distributions that Polypod can configure.
public enum HostKind: String, Sendable, CaseIterable {
    case k3s
    case rke2
    case microk8s
    case crio
    case kind
    case containerd

    /// The name in texts for people.
    public var title: String {
        switch self {
        case .k3s: "k3s"
        case .rke2: "RKE2"
        case .microk8s: "MicroK8s"
        case .crio: "CRI-O"
        case .kind: "kind"
        case .containerd: "containerd"
        }
    }

    /// Paths that only a host of this kind has; one of them is enough.
    var evidence: [String] {
        switch self {
        case .k3s: ["/var/lib/rancher/k3s/agent/etc/containerd", "/usr/local/bin/k3s", "/bin/k3s"]
        case .rke2: ["/var/lib/rancher/rke2/agent/etc/containerd", "/usr/local/bin/rke2", "/opt/rke2/bin/rke2"]
        case .microk8s: ["/var/snap/microk8s/current/args/containerd-template.toml"]
        case .crio: ["/etc/crio"] + binaries
        case .kind: ["/kind"]
        case .containerd: ["/etc/containerd/config.toml"] + binaries
        }
    }

    /// The paths at which the runtime's program can be.
    var binaries: [String] {
        switch self {
        case .k3s: ["/var/lib/rancher/k3s/data/current/bin/containerd"]
        case .rke2: ["/var/lib/rancher/rke2/bin/containerd"]
        case .microk8s: ["/snap/microk8s/current/bin/containerd"]
        case .crio: ["/usr/bin/crio", "/usr/local/bin/crio", "/usr/libexec/crio/crio"]
        case .kind, .containerd: ["/usr/bin/containerd", "/usr/local/bin/containerd", "/bin/containerd"]
        }
    }

    /// The names of the process that a restart replaces (proc(5), comm).
    var processes: Set<String> {
        switch self {
        case .k3s: ["k3s", "k3s-server", "k3s-agent"]
        case .rke2: ["rke2", "rke2-server", "rke2-agent"]
        case .crio: ["crio"]
        case .microk8s, .kind, .containerd: ["containerd"]
        }
    }

    /// Whether a process with one of these names belongs to this kind.
    ///
    /// A distribution on the same host can run its own containerd.
    func owns(_ process: RuntimeProcess) -> Bool {
        let isSnap = process.program.hasPrefix("/snap/microk8s/")
        switch self {
        case .microk8s: return isSnap
        case .kind, .containerd: return !isSnap && !process.program.hasPrefix("/var/lib/rancher/")
        case .k3s, .rke2, .crio: return true
        }
    }

    /// The names that the runtime's service can have.
    var units: [String] {
        switch self {
        case .k3s: ["k3s", "k3s-agent"]
        case .rke2: ["rke2-server", "rke2-agent"]
        case .microk8s: ["snap.microk8s.daemon-containerd"]
        case .crio: ["crio"]
        case .kind, .containerd: ["containerd"]
        }
    }

    /// The path of the socket on which the runtime listens.
    var socket: String {
        switch self {
        case .k3s, .rke2: "/run/k3s/containerd/containerd.sock"
        case .microk8s: "/var/snap/microk8s/common/run/containerd.sock"
        case .crio: "/var/run/crio/crio.sock"
        case .kind, .containerd: "/run/containerd/containerd.sock"
        }
    }

    /// The folder of the runtime's configuration.
    var folder: String {
        switch self {
        case .k3s: "/var/lib/rancher/k3s/agent/etc/containerd"
        case .rke2: "/var/lib/rancher/rke2/agent/etc/containerd"
        case .microk8s: "/var/snap/microk8s/current/args"
        case .crio: "/etc/crio"
        case .kind, .containerd: "/etc/containerd"
        }
    }

    /// The configuration file that the runtime reads.
    ///
    /// k3s, RKE2 and MicroK8s generate it from another file at every start.
    var effectiveFile: String {
        switch self {
        case .microk8s: "\(folder)/containerd.toml"
        case .crio: "\(folder)/crio.conf"
        default: "\(folder)/config.toml"
        }
    }
}
