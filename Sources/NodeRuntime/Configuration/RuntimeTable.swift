/// The table that defines one handler in a runtime's configuration.
struct RuntimeTable: Equatable, Sendable {
    /// The engine of the handler.
    let engine: WasmEngine
    /// The format of the configuration.
    let format: ConfigFormat
    /// Whether crun creates cgroups through systemd.
    ///
    /// It has to be the same as for runc on the node; otherwise limits and statistics of Pods are wrong.
    var isSystemdCgroup = false
    /// Whether CRI-O has the field `allowed_annotations`; CRI-O before 1.30 passes all annotations instead.
    var isAnnotationAllowed = true

    /// The path of the table.
    var path: [String] { format.runtimes + [engine.handler] }

    /// The lines of the table.
    var lines: [String] {
        let header = TOMLTree.header(path)
        let comment = "# crun with \(engine.title), for Pods with runtimeClassName \(engine.handler)"
        guard format != .crio else { return ["[\(header)]", comment] + crioMembers }
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
        // The one annotation that crun reads; CRI-O rejects names that it does not know.
        return members + (isAnnotationAllowed ? ["allowed_annotations = [\"module.wasm.image/variant\"]"] : [])
    }

    /// The value that ``lines`` have when they are parsed.
    var value: TOMLTree {
        guard format != .crio else {
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
