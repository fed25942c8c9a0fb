/// The containers that a Pod's annotations name.
struct DeclaredContainers {
    /// The limit on all annotations of an object in the API server, in bytes; mutating webhooks get longer ones too.
    private static let limit = 256 << 10
    /// The number of unknown names to keep for each annotation.
    private static let unknownLimit = 4

    /// The containers in `polypod.dev/wasm-containers`.
    private(set) var wasm: Set<String> = []
    /// The containers in `polypod.dev/native-containers`.
    private(set) var native: Set<String> = []
    /// The first names that match no container of the Pod, with the key of their annotation.
    private(set) var unknown: [(key: String, name: String)] = []

    /// Reads the annotations of a Pod; keeps only names of its containers, and the first few others.
    init(_ pod: Pod) {
        guard let annotations = pod.metadata.annotations else { return }
        let names = Set(pod.spec.containers.map(\.name))
        wasm = read(annotations, AnnotationKey.wasmContainers, names)
        native = read(annotations, AnnotationKey.nativeContainers, names)
    }

    private mutating func read(
        _ annotations: [String: String],
        _ key: String,
        _ names: Set<String>
    ) -> Set<String> {
        guard let text = annotations[key] else { return [] }
        var found: Set<String> = []
        var others: Set<String> = []
        var rest = text.utf8.prefix(Self.limit)
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: ",")) ?? rest.endIndex
            let name = Substring(rest[..<end].drop { $0 == UInt8(ascii: " ") }.prefix { $0 != UInt8(ascii: " ") })
            rest = rest[end...].dropFirst()
            if names.contains(String(name)) {
                found.insert(String(name))
            } else if !name.isEmpty, others.count < Self.unknownLimit {
                others.insert(String(name))
            }
        }
        unknown += others.sorted().map { (key, $0) }
        return found
    }
}

/// The class that the Pod or a policy declares, which has precedence over all other evidence; nil for none.
func declaration(
    of container: Container,
    declared: DeclaredContainers,
    policy: WasmPolicy
) -> (ContainerClass, Evidence)? {
    if declared.wasm.contains(container.name) {
        return (.wasm, Evidence(.podAnnotation, AnnotationKey.wasmContainers))
    }
    // crun decides by the name of the program. A Pod must not avoid the rules for Wasm images with an annotation.
    if declared.native.contains(container.name), !policy.images.restrictsWasm {
        return (.native, Evidence(.podAnnotation, AnnotationKey.nativeContainers))
    }
    guard !policy.images.rules.isEmpty, let image = container.image, let reference = try? ImageReference(image),
        let rule = policy.images.rules.first(where: { $0.match.matches(reference.name) })
    else { return nil }
    return (rule.treatAs == .wasm ? .wasm : .native, Evidence(.policy, "image rule \(rule.match.text)"))
}
