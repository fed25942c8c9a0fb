/// The format of a runtime's configuration, which determines the paths of its tables.
enum ConfigFormat: Equatable, Sendable {
    /// Version 2 of containerd's configuration, which containerd 2.x still reads.
    case containerd2
    /// Versions 3 and 4 of containerd's configuration, in which these tables have the same names.
    case containerd3
    /// CRI-O's configuration.
    case crio

    /// The format of a containerd configuration with this version; nil if the version is not supported.
    init?(containerdVersion version: Int) {
        switch version {
        case 2: self = .containerd2
        case 3, 4: self = .containerd3
        default: return nil
        }
    }

    /// The path of the table with all handlers.
    var runtimes: [String] {
        switch self {
        case .containerd2: ["plugins", "io.containerd.grpc.v1.cri", "containerd", "runtimes"]
        case .containerd3: ["plugins", "io.containerd.cri.v1.runtime", "containerd", "runtimes"]
        case .crio: ["crio", "runtime", "runtimes"]
        }
    }

    /// The path of the name of the handler for Pods without a RuntimeClass.
    var defaultRuntime: [String] {
        switch self {
        case .containerd2, .containerd3: Array(runtimes.dropLast()) + ["default_runtime_name"]
        case .crio: ["crio", "runtime", "default_runtime"]
        }
    }

    /// The path of the table with containerd's image settings.
    ///
    /// It has version 3's name in a version 2 file too. If the table exists, containerd 2.x merges the old settings of a
    /// version 2 file into it (containerd, plugins/cri/images/plugin.go, configMigration), and 1.x ignores it.
    static let images = ["plugins", "io.containerd.cri.v1.images"]

    /// The path of the setting that makes containerd unpack images of other platforms than the node's.
    static let imagePull = images + ["use_local_image_pull"]
}
