/// Determines the class of one container; the first row of the README's table of evidence that applies decides.
///
/// - Parameters:
///   - container: The container.
///   - declared: The containers that the Pod's annotations name.
///   - answer: The answer about its image; nil if no registry was asked.
///   - policy: The policy for the Pod.
/// - Returns: The class with its evidence, which is never empty.
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

/// The containers that a Pod's annotations name.
struct DeclaredContainers {
    /// The names in `polypod.dev/wasm-containers`.
    let wasm: Set<Substring>
    /// The names in `polypod.dev/native-containers`.
    let native: Set<Substring>

    /// Reads the annotations of a Pod.
    init(_ pod: Pod) {
        wasm = pod.metadata.annotation(AnnotationKey.wasmContainers)?.listedNames ?? []
        native = pod.metadata.annotation(AnnotationKey.nativeContainers)?.listedNames ?? []
    }
}

/// The class that the Pod or a policy declares, which has precedence over all other evidence; nil for none.
func declaration(
    of container: Container,
    declared: DeclaredContainers,
    policy: WasmPolicy
) -> (ContainerClass, Evidence)? {
    let name = container.name[...]
    if declared.wasm.contains(name) { return (.wasm, Evidence(.podAnnotation, AnnotationKey.wasmContainers)) }
    // crun decides by the name of the program. A Pod must not avoid the rules for Wasm images with an annotation.
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
    /// Classifies by `command[0]`, which has precedence over the registry's answer.
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
        case .image(let image): read(image)
        case .index(let entries, _):
            if entries.count == 1, entries[0].platform?.isWasm != true, let image = facts.image(of: entries[0]) {
                read(image.annotated)
            } else {
                read(entries, of: facts, policy: policy)
            }
        }
    }

    private mutating func read(_ image: ImageDescription) {
        if container.command.isEmpty {
            program = image.entrypoint + (container.args.isEmpty ? image.cmd : container.args)
        }
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

    private mutating func read(_ entries: [IndexEntry], of facts: ImageFacts, policy: WasmPolicy) {
        switch policy.entryPreference.choice(of: entries) {
        case .unclear:
            unresolved = UnresolvedReason(.badResponse, "its index does not name the platforms")
        case .native(let forNodes):
            let shown = forNodes.isEmpty ? entries : forNodes
            let list = shown.compactMap { $0.platform?.description }.joined(separator: ", ")
            evidence = [Evidence(.platform, list.isEmpty ? "an index without platforms" : list)]
            decide(.native)
        case .wasm(let entry, let isPullable):
            readWasm(entry, isPullable: isPullable, of: facts, policy: policy)
        }
    }

    /// Reads the Wasm entry of an index; if its image was read too, both must agree.
    private mutating func readWasm(_ entry: IndexEntry, isPullable: Bool, of facts: ImageFacts, policy: WasmPolicy) {
        let platform = entry.platform?.description ?? ""
        let named = Evidence(.platform, "platform \(platform)")
        if let image = facts.image(of: entry)?.annotated {
            read(image)
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
