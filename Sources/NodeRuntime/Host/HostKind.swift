/// The kinds of hosts that Polypod knows.
public enum HostKind: String, Sendable, CaseIterable {
    case k3s
    case rke2
    case microk8s
    case crio
    case kind
    case containerd

    /// The name for people.
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

    /// What only such a host has; one of these is enough.
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

    /// Where the runtime's program may be.
    var binaries: [String] {
        switch self {
        case .k3s: ["/var/lib/rancher/k3s/data/current/bin/containerd"]
        case .rke2: ["/var/lib/rancher/rke2/bin/containerd"]
        case .microk8s: ["/snap/microk8s/current/bin/containerd"]
        case .crio: ["/usr/bin/crio", "/usr/local/bin/crio", "/usr/libexec/crio/crio"]
        case .kind, .containerd: ["/usr/bin/containerd", "/usr/local/bin/containerd", "/bin/containerd"]
        }
    }

    /// What the process that is restarted is called (proc(5), comm).
    var processes: Set<String> {
        switch self {
        case .k3s: ["k3s", "k3s-server", "k3s-agent"]
        case .rke2: ["rke2", "rke2-server", "rke2-agent"]
        case .crio: ["crio"]
        case .microk8s, .kind, .containerd: ["containerd"]
        }
    }

    /// Whether a process by such a name is this kind's and not one of a distribution on the same host.
    func owns(_ process: RuntimeProcess) -> Bool {
        let isSnap = process.program.hasPrefix("/snap/microk8s/")
        switch self {
        case .microk8s: return isSnap
        case .kind, .containerd: return !isSnap && !process.program.hasPrefix("/var/lib/rancher/")
        case .k3s, .rke2, .crio: return true
        }
    }

    /// The services it may run as.
    var units: [String] {
        switch self {
        case .k3s: ["k3s", "k3s-agent"]
        case .rke2: ["rke2-server", "rke2-agent"]
        case .microk8s: ["snap.microk8s.daemon-containerd"]
        case .crio: ["crio"]
        case .kind, .containerd: ["containerd"]
        }
    }

    /// The socket it listens on when it is up.
    var socket: String {
        switch self {
        case .k3s, .rke2: "/run/k3s/containerd/containerd.sock"
        case .microk8s: "/var/snap/microk8s/common/run/containerd.sock"
        case .crio: "/var/run/crio/crio.sock"
        case .kind, .containerd: "/run/containerd/containerd.sock"
        }
    }

    /// The folder of its configuration.
    var folder: String {
        switch self {
        case .k3s: "/var/lib/rancher/k3s/agent/etc/containerd"
        case .rke2: "/var/lib/rancher/rke2/agent/etc/containerd"
        case .microk8s: "/var/snap/microk8s/current/args"
        case .crio: "/etc/crio"
        case .kind, .containerd: "/etc/containerd"
        }
    }

    /// The configuration the runtime reads: of some kinds it is made anew at every start from something else.
    var effectiveFile: String {
        switch self {
        case .microk8s: "\(folder)/containerd.toml"
        case .crio: "\(folder)/crio.conf"
        default: "\(folder)/config.toml"
        }
    }
}
