/// What a configuration has to say about one handler.
struct RuntimeTable: Equatable, Sendable {
    /// The engine the handler is for.
    let engine: WasmEngine
    /// The language it is said in.
    let dialect: ConfigFormat
    /// Whether cgroups are made by systemd: as runc does on the same node, or Pod limits and statistics go wrong.
    var isSystemdCgroup = false
    /// Whether CRI-O wants to be told which annotations pass; before 1.30 it passed all and knew no such word.
    var isAnnotationAllowed = true

    /// Where it stands.
    var path: [String] { dialect.runtimes + [engine.handler] }

    /// The lines that say it.
    var lines: [String] {
        let header = TOMLTree.header(path)
        let comment = "# crun with \(engine.title), for Pods with runtimeClassName \(engine.handler)"
        guard dialect != .crio else { return ["[\(header)]", comment] + crioMembers }
        return [
            "[\(header)]",
            "  " + comment,
            "  runtime_type = \"io.containerd.runc.v2\"",
            "  pod_annotations = [\"module.wasm.image/*\"]",
            "  [\(header).options]",
            "    BinaryName = \"\(engine.program)\"",
            "    SystemdCgroup = \(isSystemdCgroup)",
        ]
    }

    private var crioMembers: [String] {
        let members = [
            "runtime_path = \"\(engine.program)\"", "runtime_type = \"oci\"",
            "runtime_root = \"/run/\(engine.handler)\"",
        ]
        // The one annotation that crun reads; CRI-O refuses a name that it does not know.
        return members + (isAnnotationAllowed ? ["allowed_annotations = [\"module.wasm.image/variant\"]"] : [])
    }

    /// What the lines say, as a value.
    var value: TOMLTree {
        guard dialect != .crio else {
            var members: [String: TOMLTree] = [
                "runtime_path": .string(engine.program), "runtime_type": .string("oci"),
                "runtime_root": .string("/run/\(engine.handler)"),
            ]
            if isAnnotationAllowed {
                members["allowed_annotations"] = .array([.string("module.wasm.image/variant")])
            }
            return .table(members)
        }
        return .table([
            "runtime_type": .string("io.containerd.runc.v2"),
            "pod_annotations": .array([.string("module.wasm.image/*")]),
            "options": .table([
                "BinaryName": .string(engine.program), "SystemdCgroup": .bool(isSystemdCgroup),
            ]),
        ])
    }
}
