/// The language a runtime's configuration is written in, and where a handler stands in it.
enum ConfigFormat: Equatable, Sendable {
    /// containerd's version 2, which 2.x still reads.
    case containerd2
    /// containerd's versions 3 and 4, which name these tables alike.
    case containerd3
    /// CRI-O's.
    case crio

    /// The dialect of a containerd configuration of `version`, nil for one that is not known.
    init?(containerdVersion version: Int) {
        switch version {
        case 2: self = .containerd2
        case 3, 4: self = .containerd3
        default: return nil
        }
    }

    /// The table of all handlers.
    var runtimes: [String] {
        switch self {
        case .containerd2: ["plugins", "io.containerd.grpc.v1.cri", "containerd", "runtimes"]
        case .containerd3: ["plugins", "io.containerd.cri.v1.runtime", "containerd", "runtimes"]
        case .crio: ["crio", "runtime", "runtimes"]
        }
    }

    /// The name of the handler that Pods get without a RuntimeClass.
    var defaultRuntime: [String] {
        switch self {
        case .containerd2, .containerd3: Array(runtimes.dropLast()) + ["default_runtime_name"]
        case .crio: ["crio", "runtime", "default_runtime"]
        }
    }

    /// The table of image settings.
    ///
    /// It has version 3's name in a version 2 file too: containerd 2.x merges that file's old settings into this table
    /// when it is there (plugins/cri/images/plugin.go, configMigration), and 1.x ignores it.
    static let images = ["plugins", "io.containerd.cri.v1.images"]

    /// The setting that makes containerd unpack images of platforms other than the node's.
    static let imagePull = images + ["use_local_image_pull"]
}
