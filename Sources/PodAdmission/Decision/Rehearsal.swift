/// A workload on its way through both webhooks, as its Pods will go when the API server sees them.
///
/// The command line and the tests walk the same way as the server: the mutating stage, the patch applied, then the
/// validating stage on the Pod as it became.
public struct Rehearsal: Sendable {
    /// The object as it was given.
    public let document: JSONValue
    /// What it is.
    public let workload: Workload
    /// The policy that decides.
    public let policy: WasmPolicy
    /// What the mutating webhook does.
    public let mutating: Decision
    /// What it writes, as operations on the whole object.
    public let patch: [JSONPatchOperation]
    /// The object with the patch applied, which for a workload means its Pod template.
    public let mutatedDocument: JSONValue
    private let mutatedWorkload: Workload

    /// The references to look up for the mutating stage.
    public static func imagesToInspect(in workload: Workload, policy: WasmPolicy) -> [String] {
        PodAdmission.imagesToInspect(in: workload.pod, context: context(.mutating, workload), policy: policy)
    }

    /// Walks the first half of the way.
    ///
    /// - Throws: ``FieldError`` where the patch does not apply, which would be a fault of Polypod.
    public init(
        _ workload: Workload,
        document: JSONValue,
        images: [String: ImageAnswer],
        policy: WasmPolicy
    ) throws(FieldError) {
        self.document = document
        self.workload = workload
        self.policy = policy
        mutating = decide(
            workload.pod,
            context: Self.context(.mutating, workload),
            images: images,
            policy: policy
        )
        patch = mutating.patch.map { JSONPatchOperation(add: workload.podPath + $0.path, value: $0.value) }
        mutatedDocument = try document.applying(patch)
        mutatedWorkload = try Workload(mutatedDocument) ?? workload
    }

    /// The references to look up for the validating stage; images that were pinned are new among them.
    public var imagesToValidate: [String] {
        PodAdmission.imagesToInspect(
            in: mutatedWorkload.pod,
            context: Self.context(.validating, workload),
            policy: policy
        )
    }

    /// Walks the second half of the way.
    public func validating(images: [String: ImageAnswer]) -> Decision {
        decide(
            mutatedWorkload.pod,
            context: Self.context(.validating, workload),
            images: images,
            policy: policy
        )
    }

    private static func context(_ stage: AdmissionStage, _ workload: Workload) -> AdmissionContext {
        AdmissionContext(stage: stage, namespace: workload.pod.metadata.namespace ?? "default")
    }
}
