import JSON

/// Determines the class of one container; the first row of the README's table of evidence that applies decides.
///
/// - Parameters:
///   - container: The container.
///   - declared: The containers that the Pod's annotations name.
///   - volumes: The volumes of the Pod.
///   - images: The answers about images, by reference; there is none if no registry was asked.
///   - policy: The policy for the Pod.
/// - Returns: The class with its evidence, which is never empty.
func classify(
    _ container: Container,
    declared: DeclaredContainers,
    volumes: [Volume],
    images: [String: ImageAnswer],
    policy: WasmPolicy
) -> ContainerVerdict {
    let words = ProgramWords(container)
    var verdict = ContainerVerdict(
        container: container,
        containerClass: .unknown,
        evidence: [],
        program: words.program(entrypoint: [], cmd: []) ?? []
    )
    if container.command.isEmpty { verdict.program = [] }
    verdict.workingDirectory = container.workingDirectory

    verdict.read(container.image.flatMap { images[$0] }, words, policy: policy)
    let declaration = declaration(of: container, declared: declared, policy: policy)
    verdict.locateProgram(words, volumes: volumes, declaredClass: declaration?.0)
    // A rule for a native image says nothing about a module in a volume.
    let isBesideRule =
        declaration?.0 == .native && policy.images.restrictsWasm && verdict.place != .image
        && verdict.isNamedWasm == true
    let module = verdict.readModule(images: images, policy: policy)
    if let declaration, !isBesideRule {
        verdict.declare(declaration.0, declaration.1)
        return verdict
    }
    verdict.readCommand(words)
    if let module { verdict.classify(byModule: module) }
    if verdict.evidence.isEmpty, let reason = verdict.unresolved {
        verdict.evidence = [Evidence(.unresolved, reason.detail)]
    }
    return verdict
}

extension Container {
    /// Why no registry is asked about the image; nil if one is.
    var reasonNotToAsk: UnresolvedReason? {
        guard let image, !image.isEmpty else { return UnresolvedReason(.noImage, "the container names no image") }
        guard imagePullPolicy != "Never" else {
            return UnresolvedReason(.neverPulled, "imagePullPolicy is Never, so no registry can tell")
        }
        return nil
    }
}

extension ContainerVerdict {
    /// Sets the declared class; a declared Wasm container keeps the digest to pin its image to.
    fileprivate mutating func declare(_ declaredClass: ContainerClass, _ reason: Evidence) {
        decide(declaredClass)
        evidence = [reason]
        guard declaredClass != .wasm else { return }
        (digest, pin, isUnpullableIndex, moduleVolume) = (nil, nil, false, nil)
    }

    /// Reads the answer of a registry.
    mutating func read(_ answer: ImageAnswer?, _ words: ProgramWords, policy: WasmPolicy) {
        // The node's own image can differ from the registry's, if the node does not pull it.
        switch container.reasonNotToAsk == nil ? answer : nil {
        case .resolved(let facts, let staleSeconds):
            self.staleSeconds = staleSeconds
            read(facts, words, policy: policy)
        case .unresolved(let reason):
            unresolved = reason
        case nil:
            unresolved = container.reasonNotToAsk ?? UnresolvedReason(.deadline, "no answer in time")
        }
    }

    /// Classifies by `command[0]`, which has precedence over the registry's answer.
    mutating func readCommand(_ words: ProgramWords) {
        guard !container.command.isEmpty else { return }
        if let variable = words.unknownVariable(entrypoint: []) {
            if containerClass == .native { leaveUnknown(variable) }
            return
        }
        guard let name = program.first else { return }
        guard name.hasSuffix(".wasm") || name.hasSuffix(".wat") else { return }
        guard containerClass != .notRunnable else { return }
        evidence.insert(Evidence(.command, "command \(name)"), at: 0)
        decide(name.hasSuffix(".wat") ? .notRunnable : .wasm, unrunnable: name.hasSuffix(".wat") ? .text : nil)
    }

    fileprivate mutating func decide(_ containerClass: ContainerClass, unrunnable: UnrunnableImage? = nil) {
        self.containerClass = containerClass
        self.unrunnable = unrunnable
    }

    /// Leaves the class open, because the program can be a module or not.
    private mutating func leaveUnknown(_ variable: String) {
        decide(.unknown)
        evidence = []
        unresolved = UnresolvedReason(
            .unknownProgram,
            "its program depends on $(\(variable.plainText(limit: 40))), whose value is not in the Pod",
            remedy: "write the program's path into command, or its variable's value into env"
        )
    }

    private mutating func read(_ facts: ImageFacts, _ words: ProgramWords, policy: WasmPolicy) {
        digest = facts.digest
        switch facts.content {
        case .image(let image): read(image, words)
        case .index(let entries, _): read(entries, of: facts, words, policy: policy)
        }
    }

    private mutating func read(_ image: ImageDescription, _ words: ProgramWords) {
        program = words.program(entrypoint: image.entrypoint, cmd: image.cmd) ?? []
        workingDirectory = container.workingDirectory ?? image.workingDirectory
        if let form = image.unrunnable {
            evidence = [Evidence(.imageForm, form.explanation)]
            return decide(.notRunnable, unrunnable: form)
        }
        if let platform = image.platform, let form = platform.unrunnable {
            evidence = [Evidence(.platform, "platform \(platform)")]
            return decide(.notRunnable, unrunnable: form)
        }
        if program.first?.hasSuffix(".wat") == true {
            evidence = [Evidence(.program, "program \(program[0])")]
            return decide(.notRunnable, unrunnable: .text)
        }
        let isNamedWasm = program.first?.hasSuffix(".wasm") == true
        if let platform = image.platform, platform.isWasm {
            evidence = [Evidence(.platform, "platform \(platform)")]
            if isNamedWasm { evidence.append(Evidence(.program, "program \(program[0])")) }
            return decide(.wasm)
        }
        if let variable = words.unknownVariable(entrypoint: image.entrypoint) { return leaveUnknown(variable) }
        if let annotation = image.annotations.evidence {
            // An Envoy plugin has the same annotation as a Wasm image, but no program.
            if program.isEmpty {
                evidence = [Evidence(.manifestAnnotation, annotation), Evidence(.program, "none")]
                return decide(.notRunnable, unrunnable: .envoyPlugin)
            }
            if isNamedWasm {
                evidence = [Evidence(.manifestAnnotation, annotation), Evidence(.program, "program \(program[0])")]
                return decide(.wasm)
            }
        }
        if isNamedWasm {
            evidence = [Evidence(.program, "program \(program[0])")]
            return decide(.wasm)
        }
        evidence = [Evidence(.platform, image.platform?.description ?? "an image without a platform")]
        decide(.native)
    }

    private mutating func read(
        _ entries: [IndexEntry],
        of facts: ImageFacts,
        _ words: ProgramWords,
        policy: WasmPolicy
    ) {
        switch policy.entryPreference.choice(of: entries) {
        case .native(let forNodes):
            let needsImage = { (entry: IndexEntry) in entry.isUnnamed || policy.images.restrictsWasm }
            guard forNodes.allSatisfy({ !needsImage($0) || facts.image(of: $0) != nil }) else {
                unresolved = UnresolvedReason(.badResponse, "its index does not tell which image a node pulls")
                return
            }
            readNative(forNodes, of: facts, words, among: entries)
        case .wasm(let entry, let isPullable):
            readWasm(entry, isPullable: isPullable, of: facts, words, policy: policy)
        }
    }

    /// Reads the entries that nodes pull; the image is Wasm if that of one of them is, because a node can pull it.
    private mutating func readNative(
        _ forNodes: [IndexEntry],
        of facts: ImageFacts,
        _ words: ProgramWords,
        among entries: [IndexEntry]
    ) {
        let verdicts = forNodes.compactMap { facts.image(of: $0)?.annotated }.map { image in
            var verdict = self
            verdict.read(image, words)
            return verdict
        }
        if let wasm = verdicts.first(where: { $0.containerClass != .native }) {
            let digest = digest
            self = wasm
            self.digest = digest
        } else if verdicts.count == 1, entries.count == 1 {
            self = verdicts[0]
        } else {
            let shown = forNodes.isEmpty ? entries : forNodes
            let list = shown.compactMap { $0.platform?.description }.joined(separator: ", ")
            evidence = [Evidence(.platform, list.isEmpty ? "an index without platforms" : list)]
            decide(.native)
        }
    }

    /// Reads the Wasm entry of an index; if its image was read too, both must agree.
    private mutating func readWasm(
        _ entry: IndexEntry,
        isPullable: Bool,
        of facts: ImageFacts,
        _ words: ProgramWords,
        policy: WasmPolicy
    ) {
        let platform = entry.platform?.description ?? ""
        let named = Evidence(.platform, "platform \(platform)")
        if let image = facts.image(of: entry)?.annotated {
            read(image, words)
            guard containerClass != .notRunnable else {
                digest = entry.digest
                return
            }
            guard containerClass == .wasm else {
                // A node that pulls by digest uses the platform of the image; one that reads the index uses the index.
                let own = image.platform?.description ?? "no platform"
                unresolved = UnresolvedReason(.badResponse, "its index says \(platform), the image itself \(own)")
                (containerClass, evidence, digest) = (.unknown, [], nil)
                return
            }
            evidence = [named] + evidence.filter { $0.signal == .program }
        } else {
            evidence = [named]
        }
        digest = entry.digest
        if let form = entry.platform?.unrunnable { return decide(.notRunnable, unrunnable: form) }
        isUnpullableIndex = !isPullable
        pin = policy.pinWasmManifest ? entry.digest : nil
        decide(.wasm)
    }
}

extension WasmAnnotations {
    /// The annotation that marks the image for crun, as evidence; nil if there is none.
    fileprivate var evidence: String? {
        if let variant { return "\(AnnotationKey.variant)=\(variant)" }
        guard let handler, handler.hasPrefix("wasm") else { return nil }
        return "\(AnnotationKey.ociHandler)=\(handler)"
    }
}
