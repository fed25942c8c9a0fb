/// An image volume that contains the program of a container.
public struct ModuleVolume: Sendable, Equatable {
    /// The volume.
    public var volume: Volume
    /// The digest of the volume's image; nil if no registry was asked, or none answered.
    public var digest: String?
    /// The digest to pin the volume's image to; nil if a node pulls the right image by the reference as it is.
    public var pin: String?
    /// Whether the reference names an index without an entry that a node can pull.
    public var isUnpullableIndex: Bool
    /// Whether the volume's image is a Wasm artifact, whose files CRI-O mounts and containerd does not.
    public var isArtifact: Bool

    /// The image reference; nil if the volume has none, or it is not valid.
    var reference: ImageReference? { volume.image.flatMap { try? ImageReference($0) } }
}

extension ContainerVerdict {
    /// Finds out where the program is, if it can be a module; with the variant `compat`, its name can be any.
    mutating func locateProgram(_ words: ProgramWords, volumes: [Volume], declaredClass: ContainerClass?) {
        guard !container.mounts.isEmpty,
            declaredClass == .wasm || containerClass != .native || isNamedWasm ?? true
                || volumes.contains(where: \.isImage)
        else { return }
        place = container.place(
            of: words.isComplete ? program.first : nil,
            workingDirectory: workingDirectory,
            volumes: volumes
        )
    }

    /// Reads the answer about the image of the volume that contains the program.
    ///
    /// - Parameters:
    ///   - images: The answers about images, by reference.
    ///   - policy: The policy for the Pod.
    /// - Returns: The verdict on the program by the volume's image; nil if the program is elsewhere.
    mutating func readModule(images: [String: ImageAnswer], policy: WasmPolicy) -> ContainerVerdict? {
        guard case .volume(let volume) = place, case .image(let image, let pullPolicy) = volume.source,
            let name = program.first, containerClass != .notRunnable
        else { return nil }
        let module = Container(name: container.name, image: image, command: [name], imagePullPolicy: pullPolicy)
        let words = ProgramWords(module)
        var verdict = ContainerVerdict(container: module, containerClass: .unknown, evidence: [], program: [name])
        verdict.read(image.flatMap { images[$0] }, words, policy: policy)
        verdict.readCommand(words)
        moduleVolume = ModuleVolume(
            volume: volume,
            digest: verdict.digest,
            pin: verdict.pin,
            isUnpullableIndex: verdict.isUnpullableIndex,
            isArtifact: verdict.unrunnable == .artifact
        )
        return verdict
    }

    /// Takes the class of the program in an image volume.
    mutating func classify(byModule verdict: ContainerVerdict) {
        let isArtifact = verdict.unrunnable == .artifact
        containerClass = isArtifact ? .wasm : verdict.containerClass
        unrunnable = isArtifact ? nil : verdict.unrunnable
        evidence = verdict.evidence
        if let age = verdict.staleSeconds { staleSeconds = max(age, staleSeconds ?? 0) }
        if containerClass == .unknown { unresolved = verdict.unresolved }
    }
}
