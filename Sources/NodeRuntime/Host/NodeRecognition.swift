/// Tells what kind a host is by the files on it, and by what runs where those are of several kinds.
struct NodeRecognition {
    let folder: HostFolder
    let commands: any NodeCommands

    /// The kind.
    ///
    /// - Throws: `host-unknown` or `host-ambiguous`.
    func kind() throws(NodeError) -> HostKind {
        let found = HostKind.allCases.filter { kind in kind.evidence.contains(where: folder.exists) }
        let containerds: [HostKind] = [.kind, .containerd]
        // A distribution's own containerd is what counts; Docker's may be on the same host.
        var candidates = found.filter { !containerds.contains($0) }
        if candidates.isEmpty || candidates == [.crio] {
            if let plain = found.contains(.containerd) ? containerds.first(where: found.contains) : nil {
                candidates.append(plain)
            }
        }
        if candidates.count > 1 {
            let running = candidates.filter { kind in
                commands.processes(called: kind.processes).contains(where: kind.owns)
            }
            if running.count == 1 { candidates = running }
        }
        guard let kind = candidates.first else {
            throw NodeError(
                .hostUnknown,
                "\(folder.local("/")): neither containerd nor CRI-O, k3s, RKE2 or MicroK8s was found there",
                remedy: "give the host's root file system with --root"
            )
        }
        guard candidates.count == 1 else {
            throw NodeError(
                .hostAmbiguous,
                "several runtimes are here: \(candidates.map(\.title).joined(separator: ", "))",
                remedy: "say with --host which one the kubelet uses, such as --host \(kind.rawValue)"
            )
        }
        return kind
    }
}
