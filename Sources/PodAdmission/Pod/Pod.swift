public import JSON

/// The members of a Pod that matter here; all others stay as they are in the document it was read from.
public struct Pod: Sendable, Equatable {
    /// The Pod's metadata.
    public var metadata: ObjectMetadata
    /// Whether the document has a `metadata` member, which a patch has to know.
    public var hasMetadata: Bool
    /// The Pod's spec.
    public var spec: PodSpec

    /// Creates a Pod.
    public init(metadata: ObjectMetadata = ObjectMetadata(), hasMetadata: Bool = true, spec: PodSpec) {
        self.metadata = metadata
        self.hasMetadata = hasMetadata
        self.spec = spec
    }

    /// Reads a Pod, or a Pod template, from an object of the Kubernetes interface.
    public init(_ value: JSONValue) throws(FieldError) {
        let object = try value.asObject()
        let metadata = try object.optional("metadata") { value throws(FieldError) in try ObjectMetadata(value) }
        self.metadata = metadata ?? ObjectMetadata()
        hasMetadata = metadata != nil
        spec = try object.required("spec") { value throws(FieldError) in try PodSpec(value) }
    }

    /// Whether the Pod asks to be left alone: `polypod.dev/inject: disabled`, as an annotation or a label.
    public var optsOut: Bool {
        AnnotationKey.optsOut(metadata.annotation(AnnotationKey.inject))
            || AnnotationKey.optsOut(metadata.labels[AnnotationKey.inject])
    }
}

/// The annotations that Polypod, crun and Kubernetes attach a meaning to.
public enum AnnotationKey {
    /// crun's: `compat` or `compat-smart` (crun, handler-utils.c).
    public static let variant = "module.wasm.image/variant"
    /// crun's: the name of a handler, or `wasm` and `wasm-smart`; it wins over ``variant``.
    public static let ociHandler = "run.oci.handler"
    /// Polypod's: `disabled`, or `"false"`, opts a Pod or a namespace out, where the policy allows it.
    public static let inject = "polypod.dev/inject"

    /// Whether `value` of ``inject`` opts out.
    static func optsOut(_ value: String?) -> Bool { value == "disabled" || value == "false" }

    /// Polypod's: the names of the containers that are Wasm, for images no registry can answer for.
    public static let wasmContainers = "polypod.dev/wasm-containers"
    /// Polypod's: the names of the containers that are native, whatever the registry says.
    public static let nativeContainers = "polypod.dev/native-containers"
    /// Polypod's: the record of what was decided, as JSON.
    public static let decision = "polypod.dev/decision"
    /// The kubelet's: marks the mirror of a static Pod, which no webhook can change.
    public static let mirror = "kubernetes.io/config.mirror"
}
