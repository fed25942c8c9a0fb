public import JSON

/// The fields of a Pod that a decision needs; a patch leaves all other fields as they are.
public struct Pod: Sendable, Equatable {
    /// The Pod's metadata.
    public var metadata: ObjectMetadata
    /// Whether the document has the field `metadata`; if not, a patch must add it.
    public var hasMetadata: Bool
    /// The Pod's spec.
    public var spec: PodSpec

    /// Creates a Pod.
    ///
    /// - Parameters:
    ///   - metadata: The Pod's metadata.
    ///   - hasMetadata: Whether the document has the field `metadata`.
    ///   - spec: The Pod's spec.
    public init(metadata: ObjectMetadata = ObjectMetadata(), hasMetadata: Bool = true, spec: PodSpec) {
        self.metadata = metadata
        self.hasMetadata = hasMetadata
        self.spec = spec
    }

    /// Reads a Pod or a Pod template from the JSON of the Kubernetes API.
    ///
    /// - Throws: `FieldError` for a missing spec or a field of the wrong type.
    public init(_ value: JSONValue) throws(FieldError) {
        let object = try value.asObject()
        let metadata = try object.optional("metadata") { value throws(FieldError) in try ObjectMetadata(value) }
        self.metadata = metadata ?? ObjectMetadata()
        hasMetadata = metadata != nil
        spec = try object.required("spec") { value throws(FieldError) in try PodSpec(value) }
    }

    /// Whether the Pod opts out with `polypod.dev/inject: disabled`, as an annotation or a label.
    public var optsOut: Bool {
        AnnotationKey.optsOut(metadata.annotation(AnnotationKey.inject))
            || AnnotationKey.optsOut(metadata.labels[AnnotationKey.inject])
    }
}

/// The annotations of Polypod, crun and Kubernetes that have an effect.
public enum AnnotationKey {
    /// An annotation of crun: `compat` or `compat-smart` (crun, handler-utils.c).
    public static let variant = "module.wasm.image/variant"
    /// An annotation of crun: the name of a handler, `wasm` or `wasm-smart`; it has precedence over ``variant``.
    public static let ociHandler = "run.oci.handler"
    /// An annotation or label of Polypod: `disabled` or `"false"` opts a Pod or a namespace out, if the policy allows it.
    public static let inject = "polypod.dev/inject"

    /// Whether `value` of ``inject`` opts out.
    static func optsOut(_ value: String?) -> Bool { value == "disabled" || value == "false" }

    /// An annotation of Polypod: the names of the containers that are Wasm, if no registry can answer.
    public static let wasmContainers = "polypod.dev/wasm-containers"
    /// An annotation of Polypod: the names of the containers that are native, regardless of the registry's answer.
    public static let nativeContainers = "polypod.dev/native-containers"
    /// An annotation of Polypod: the record of the decision, as JSON.
    public static let decision = "polypod.dev/decision"
    /// An annotation of the kubelet: marks the mirror of a static Pod, which no webhook can change.
    public static let mirror = "kubernetes.io/config.mirror"
}
