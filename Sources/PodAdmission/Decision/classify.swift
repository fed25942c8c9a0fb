/// Finds out what one container's program is, in the order of the table in the README: the first that speaks wins.
///
/// - Parameters:
///   - container: The container.
///   - declared: What the annotations of its Pod say.
///   - answer: What is known of its image; nil where nobody was to be asked.
///   - policy: The policy for the Pod.
func classify(
    _ container: Container,
    declared: DeclaredContainers,
    answer: ImageAnswer?,
    policy: WasmPolicy
) -> ContainerVerdict {
    var verdict = ContainerVerdict(
        container: container,
        containerClass: .unknown,
        evidence: [],
        program: container.command + container.args
    )
    if container.command.isEmpty { verdict.program = [] }
    verdict.workingDirectory = container.workingDirectory

    if let said = declaration(of: container, declared: declared, policy: policy) {
        verdict.containerClass = said.0
        verdict.evidence = [said.1]
        return verdict
    }
    switch answer {
    case .resolved(let facts, let staleSeconds):
        verdict.staleSeconds = staleSeconds
        verdict.read(facts, policy: policy)
    case .unresolved(let reason):
        verdict.unresolved = reason
    case nil:
        verdict.unresolved = container.reasonNotToAsk ?? UnresolvedReason(.deadline, "no answer in time")
    }
    verdict.readCommand()
    if verdict.evidence.isEmpty, let reason = verdict.unresolved {
        verdict.evidence = [Evidence(.unresolved, reason.detail)]
    }
    return verdict
}

/// The containers that a Pod's annotations speak for.
struct DeclaredContainers {
    /// The names in `polypod.dev/wasm-containers`.
    let wasm: Set<Substring>
    /// The names in `polypod.dev/native-containers`.
    let native: Set<Substring>

    /// Reads the annotations once, however many containers there are.
    init(_ pod: Pod) {
        wasm = pod.metadata.annotation(AnnotationKey.wasmContainers)?.listedNames ?? []
        native = pod.metadata.annotation(AnnotationKey.nativeContainers)?.listedNames ?? []
    }
}

/// What the Pod or a policy says of a container, which nothing overrules.
func declaration(
    of container: Container,
    declared: DeclaredContainers,
    policy: WasmPolicy
) -> (ContainerClass, Evidence)? {
    let name = container.name[...]
    if declared.wasm.contains(name) { return (.wasm, Evidence(.podAnnotation, AnnotationKey.wasmContainers)) }
    // crun goes by the program's name whatever the Pod says: a Pod's own word is no way around rules for Wasm images.
    if declared.native.contains(name), !policy.images.restrictsWasm {
        return (.native, Evidence(.podAnnotation, AnnotationKey.nativeContainers))
    }
    guard !policy.images.rules.isEmpty, let image = container.image, let reference = try? ImageReference(image),
        let rule = policy.images.rules.first(where: { $0.match.matches(reference.name) })
    else { return nil }
    return (rule.treatAs == .wasm ? .wasm : .native, Evidence(.policy, "image rule \(rule.match.text)"))
}

extension String {
    /// The names in this comma-separated list.
    var listedNames: Set<Substring> {
        Set(split(separator: ",").map { entry in entry.drop { $0 == " " }.prefix { $0 != " " } }.filter { !$0.isEmpty })
    }
}

extension Container {
    /// Why the registry is not asked about the image; nil where it is.
    var reasonNotToAsk: UnresolvedReason? {
        guard let image, !image.isEmpty else { return UnresolvedReason(.noImage, "the container names no image") }
        guard imagePullPolicy != "Never" else {
            return UnresolvedReason(.neverPulled, "imagePullPolicy is Never, so no registry can tell")
        }
        return nil
    }
}

extension ContainerVerdict {
    /// The program is `command[0]`, which counts before anything the registry says.
    fileprivate mutating func readCommand() {
        guard let name = container.command.first, name.hasSuffix(".wasm") || name.hasSuffix(".wat") else { return }
        guard containerClass != .notRunnable else { return }
        evidence.insert(Evidence(.command, "command \(name)"), at: 0)
        decide(name.hasSuffix(".wat") ? .notRunnable : .wasm, unrunnable: name.hasSuffix(".wat") ? .text : nil)
    }

    fileprivate mutating func decide(_ containerClass: ContainerClass, unrunnable: UnrunnableImage? = nil) {
        self.containerClass = containerClass
        self.unrunnable = unrunnable
    }

    fileprivate mutating func read(_ facts: ImageFacts, policy: WasmPolicy) {
        digest = facts.digest
        switch facts.content {
        case .image(let manifest): read(manifest)
        case .index(_, only: let manifest?): read(manifest)
        case .index(let entries, only: nil): read(entries, policy: policy)
        }
    }

    private mutating func read(_ manifest: ImageDescription) {
        if container.command.isEmpty {
            program = manifest.entrypoint + (container.args.isEmpty ? manifest.cmd : container.args)
        }
        workingDirectory = container.workingDirectory ?? manifest.workingDirectory
        if let form = manifest.unrunnable {
            evidence = [Evidence(.imageForm, form.explanation)]
            return decide(.notRunnable, unrunnable: form)
        }
        if let platform = manifest.platform, let form = platform.unrunnable {
            evidence = [Evidence(.platform, "platform \(platform)")]
            return decide(.notRunnable, unrunnable: form)
        }
        if program.first?.hasSuffix(".wat") == true {
            evidence = [Evidence(.program, "program \(program[0])")]
            return decide(.notRunnable, unrunnable: .text)
        }
        let isNamedWasm = program.first?.hasSuffix(".wasm") == true
        if let platform = manifest.platform, platform.isWasm {
            evidence = [Evidence(.platform, "platform \(platform)")]
            if isNamedWasm { evidence.append(Evidence(.program, "program \(program[0])")) }
            return decide(.wasm)
        }
        if let annotation = manifest.wasmAnnotation {
            // An Envoy plugin carries the same annotation as a program; it has no program to start.
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
        evidence = [Evidence(.platform, manifest.platform?.description ?? "an image without a platform")]
        decide(.native)
    }

    private mutating func read(_ entries: [IndexEntry], policy: WasmPolicy) {
        let forNodes = entries.filter { $0.platform.map(policy.runtime.isForNodes) ?? false }
        let forWasm = entries.filter { $0.platform?.isWasm ?? false }
        // Nodes look into an entry without a platform to see what it is for; here nobody has.
        if forNodes.isEmpty, entries.contains(where: { $0.platform == nil }) {
            unresolved = UnresolvedReason(.badResponse, "its index does not name the platforms")
            return
        }
        guard let wasm = forWasm.first(where: { $0.platform?.unrunnable == nil }) ?? forWasm.first,
            let platform = wasm.platform, forNodes.isEmpty || policy.preferWasm
        else {
            let shown = forNodes.isEmpty ? entries : forNodes
            let list = shown.compactMap { $0.platform?.description }.joined(separator: ", ")
            evidence = [Evidence(.platform, list.isEmpty ? "an index without platforms" : list)]
            return decide(.native)
        }
        digest = wasm.digest
        evidence = [Evidence(.platform, "platform \(platform)")]
        if let form = platform.unrunnable { return decide(.notRunnable, unrunnable: form) }
        isUnpullableIndex = forNodes.isEmpty
        pin = policy.pinWasmManifest ? wasm.digest : nil
        decide(.wasm)
    }
}

extension ImageDescription {
    /// The annotation that claims the image for crun, as evidence; nil where there is none.
    fileprivate var wasmAnnotation: String? {
        if let variantAnnotation { return "\(AnnotationKey.variant)=\(variantAnnotation)" }
        guard let handlerAnnotation, handlerAnnotation.hasPrefix("wasm") else { return nil }
        return "\(AnnotationKey.ociHandler)=\(handlerAnnotation)"
    }
}
