/// What a person should know about a host before anything runs on it.
struct HostNotes {
    /// The code of the note of a restart that nobody made yet.
    static let pendingCode = "restart-pending"

    let folder: HostFolder
    let host: NodeHost

    /// The notes.
    var all: [NodeNote] { [dbus, disabled, otherFile].compactMap { $0 } }

    /// The note of a runtime that still runs with what its configuration was before.
    ///
    /// - Parameter files: the files that define the handlers.
    func pending(_ files: [String]) -> [NodeNote] {
        // Times are whole seconds on both sides.
        guard let start = host.processes.compactMap(\.startTime).max(),
            files.compactMap(folder.modified).contains(where: { $0 > start + 2 })
        else { return [] }
        let text = "\(host.kind.title) was started before its configuration was last changed: restart it"
        return [NodeNote(Self.pendingCode, text)]
    }

    private var dbus: NodeNote? {
        guard host.dialect != .crio, host.isSystemdCgroup, !folder.exists("/run/dbus/system_bus_socket") else {
            return nil
        }
        return NodeNote(
            "no-dbus",
            "this node uses systemd's cgroups and has no D-Bus, by which crun talks to systemd (runc does without): "
                + "install the package dbus and start dbus.socket, or Pods of the new class will not start"
        )
    }

    private var disabled: NodeNote? {
        let names = host.effective[["disabled_plugins"]]?.strings ?? []
        guard names.contains(where: { $0.hasSuffix("cri") }) else { return nil }
        return NodeNote(
            "cri-disabled",
            "disabled_plugins turns the kubelet's interface off: this containerd serves no Pods"
        )
    }

    /// The note of a runtime that was started with another file than the one that would be changed.
    var otherFile: NodeNote? {
        guard case .file(let path) = host.place, host.kind != .microk8s else { return nil }
        let files = host.processes.compactMap(Self.file)
        guard let other = files.first, files.count == host.processes.count, !files.contains(path) else { return nil }
        return NodeNote(
            "other-file",
            "the runtime was started with \(other) and does not read \(path): add the handler there"
        )
    }

    /// The configuration a process was started with.
    private static func file(of process: RuntimeProcess) -> String? {
        let words = process.arguments
        let pair = zip(words, words.dropFirst()).first { ["-c", "--config"].contains($0.0) }
        return pair?.1 ?? words.first { $0.hasPrefix("--config=") }.map { String($0.dropFirst(9)) }
    }
}
