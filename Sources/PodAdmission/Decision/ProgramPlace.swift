/// Where the file of a container's program is.
enum ProgramPlace: Equatable {
    /// In the container's image.
    case image
    /// In a volume.
    case volume(Volume)
    /// In the image or in a volume: the Pod does not tell which.
    case unclear
}

extension Container {
    /// Where the API server mounts the token of the service account, in almost every Pod.
    private static let tokenPath = components("/var/run/secrets/kubernetes.io/serviceaccount")

    /// Where a program is, by its path and the paths of the mounts.
    ///
    /// Runtimes mount deeper paths over shorter ones (containerd, internal/cri/opts/spec_linux_opts.go, `orderedMounts`).
    /// A link in the image can lead a mount to another path, which the Pod does not show.
    ///
    /// - Parameters:
    ///   - program: The path of the program; nil if it is not known, or only its end.
    ///   - workingDirectory: The folder of a relative path; nil if it is not known.
    ///   - volumes: The volumes of the Pod.
    /// - Returns: The place.
    func place(of program: String?, workingDirectory: String?, volumes: [Volume]) -> ProgramPlace {
        guard !mounts.isEmpty else { return .image }
        let paths = mounts.map { ($0, Self.components($0.path)) }
        guard let path = program.flatMap({ Self.path(of: $0, from: workingDirectory) }) else {
            let setsPath = hasEnvironmentFrom || environment?.contains { $0.name == "PATH" } ?? false
            return setsPath || paths.contains { $0.1 != Self.tokenPath } ? .unclear : .image
        }
        guard paths.allSatisfy({ $0.1 != nil }) else { return .unclear }
        let covering = paths.compactMap { mount, place in
            place.flatMap { path.starts(with: $0) ? (mount, $0.count) : nil }
        }
        guard let depth = covering.map(\.1).max() else { return .image }
        let deepest = covering.filter { $0.1 == depth }
        let named = volumes.filter { $0.name == deepest[0].0.volume }
        return deepest.count == 1 && named.count == 1 ? .volume(named[0]) : .unclear
    }

    /// The image volumes that the program can be in, before the container's image is known.
    func candidateVolumes(of program: String?, volumes: [Volume]) -> [Volume] {
        guard !mounts.isEmpty else { return [] }
        if let program, program.hasPrefix("/") {
            guard case .volume(let volume) = place(of: program, workingDirectory: nil, volumes: volumes) else {
                return []
            }
            return volume.isImage ? [volume] : []
        }
        let mounted = Set(mounts.map(\.volume))
        return volumes.filter { $0.isImage && mounted.contains($0.name) }
    }

    /// The steps of a program's path; nil if `PATH` or a missing working directory decides, or a step is `..`.
    private static func path(of program: String, from workingDirectory: String?) -> [Substring]? {
        if program.hasPrefix("/") { return components(program) }
        guard program.contains("/"), let workingDirectory else { return nil }
        return components(workingDirectory + "/" + program)
    }

    /// The steps of a path; nil with `..`, because a link in front of it changes where that leads.
    private static func components(_ path: String) -> [Substring]? {
        // By bytes, because the boundaries of characters cost more than everything else here.
        let steps = path.utf8.split(separator: UInt8(ascii: "/")).map { Substring($0) }.filter { $0 != "." }
        return steps.contains("..") ? nil : steps
    }
}
