/// A remark for the operator that does not stop the work.
public struct NodeNote: Equatable, Sendable {
    /// The stable code.
    public let code: String
    /// The fact and, if needed, the next step for the operator.
    public let text: String

    init(_ code: String, _ text: String) {
        self.code = code
        self.text = text
    }

    /// The code of the note about a runtime that has not read its changed configuration yet.
    static let pendingCode = "restart-pending"

    /// The handler to install already exists outside of Polypod's blocks and files, with the right values.
    static func handlerOfOthers(_ engine: WasmEngine, in file: String) -> NodeNote {
        NodeNote(
            "handler-of-others",
            "\(file) already defines \(engine.handler) correctly, without Polypod's comments: not changed"
        )
    }

    /// The handler to remove is defined outside of Polypod's blocks.
    static func handlerKept(_ engine: WasmEngine, in file: String) -> NodeNote {
        NodeNote(
            "handler-of-others",
            "\(file) defines \(engine.handler) without Polypod's comments: handler and bundle are kept"
        )
    }

    /// The configuration sets the image setting to false.
    static func imagePullOff(in file: String) -> NodeNote {
        NodeNote(
            "image-pull-off",
            "\(file) sets use_local_image_pull to false, and containerd 2.2.2 and later then does not unpack images for "
                + "wasi/wasm (\"parent snapshot … does not exist\"): set it to true"
        )
    }

    /// The image setting could not be added.
    static func imagePullMissing(in file: String) -> NodeNote {
        NodeNote(
            "image-pull-missing",
            "use_local_image_pull could not be added to \(file), and containerd 2.2.2 and later does not unpack images "
                + "for wasi/wasm without it: add it to [\(TOMLTree.header(ConfigFormat.images))] by hand"
        )
    }
}

/// The notes about a host that hold before any change to it.
struct HostNotes {
    let folder: HostFolder
    let host: NodeHost

    /// The notes about D-Bus, a disabled plugin and another configuration file.
    var all: [NodeNote] { [dbus, disabled, otherFile].compactMap { $0 } }

    /// The note about a runtime that was started before its configuration was last changed.
    ///
    /// - Parameter files: The files that define the handlers.
    /// - Returns: The note, or nothing.
    func pending(_ files: [String]) -> [NodeNote] {
        // Both times are in whole seconds.
        guard let start = host.processes.compactMap(\.startTime).max(),
            files.compactMap(folder.modified).contains(where: { $0 > start + 2 })
        else { return [] }
        let text = "\(host.kind.title) was started before its configuration was last changed: restart it"
        return [NodeNote(NodeNote.pendingCode, text)]
    }

    private var dbus: NodeNote? {
        guard host.format != .crio, host.isSystemdCgroup, !folder.exists("/run/dbus/system_bus_socket") else {
            return nil
        }
        return NodeNote(
            "no-dbus",
            "this node uses systemd's cgroups but has no D-Bus, which crun needs to talk to systemd (runc does not): "
                + "install the package dbus and start dbus.socket, otherwise Pods with crun do not start"
        )
    }

    private var disabled: NodeNote? {
        let names = host.effective[["disabled_plugins"]]?.strings ?? []
        guard names.contains(where: { $0.hasSuffix("cri") }) else { return nil }
        return NodeNote(
            "cri-disabled",
            "disabled_plugins turns off the CRI plugin: the kubelet cannot use this containerd"
        )
    }

    /// The note about a runtime that was started with another file than the one that Polypod would change.
    var otherFile: NodeNote? {
        guard case .file(let path) = host.target, host.kind != .microk8s else { return nil }
        let files = host.processes.compactMap(Self.file)
        guard let other = files.first, files.count == host.processes.count, !files.contains(path) else { return nil }
        return NodeNote(
            "other-file",
            "the runtime was started with \(other) and does not read \(path): add the handler to \(other)"
        )
    }

    /// The configuration file in the arguments of a process.
    private static func file(of process: RuntimeProcess) -> String? {
        let words = process.arguments
        let pair = zip(words, words.dropFirst()).first { ["-c", "--config"].contains($0.0) }
        return pair?.1 ?? words.first { $0.hasPrefix("--config=") }.map { String($0.dropFirst(9)) }
    }
}
