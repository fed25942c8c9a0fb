public import JSON

/// A workload on its way through both webhooks, as its Pods will go when the API server sees them.
///
/// The command line and the tests walk the same way as the server: the mutating stage, the patch applied, then the
/// validating stage on the Pod as it became.
public struct WorkloadEvaluation: Sendable {
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
    private let circumstances: AdmissionContext

    /// The circumstances in which the Pods of `workload` are made, where no request tells them.
    public static func circumstances(
        of workload: Workload,
        namespaceLabels: [String: String]? = nil,
        cluster: ClusterKnowledge = ClusterKnowledge()
    ) -> AdmissionContext {
        AdmissionContext(
            stage: .mutating,
            namespace: workload.pod.metadata.namespace ?? "default",
            namespaceLabels: namespaceLabels,
            cluster: cluster
        )
    }

    /// The references to look up for the mutating stage.
    ///
    /// - Parameter circumstances: Those of the Pods' creation; stage and operation in it do not count.
    public static func imagesToInspect(
        in workload: Workload,
        circumstances: AdmissionContext? = nil,
        policy: WasmPolicy
    ) -> [String] {
        let context = (circumstances ?? Self.circumstances(of: workload)).ofCreation(.mutating)
        return PodAdmission.imagesToInspect(in: workload.pod, context: context, policy: policy)
    }

    /// Walks the first half of the way.
    ///
    /// - Parameter circumstances: Those of the Pods' creation; stage and operation in it do not count.
    /// - Throws: ``FieldError`` where the patch does not apply, which would be a fault of Polypod.
    public init(
        _ workload: Workload,
        document: JSONValue,
        circumstances: AdmissionContext? = nil,
        images: [String: ImageAnswer],
        policy: WasmPolicy
    ) throws(FieldError) {
        self.circumstances = circumstances ?? Self.circumstances(of: workload)
        self.document = document
        self.workload = workload
        self.policy = policy
        mutating = decide(
            workload.pod,
            context: self.circumstances.ofCreation(.mutating),
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
            context: circumstances.ofCreation(.validating),
            policy: policy
        )
    }

    /// Walks the second half of the way.
    public func validating(images: [String: ImageAnswer]) -> Decision {
        decide(
            mutatedWorkload.pod,
            context: circumstances.ofCreation(.validating),
            images: images,
            policy: policy
        )
    }
}

extension AdmissionContext {
    /// The same circumstances for a Pod that a controller makes.
    fileprivate func ofCreation(_ stage: AdmissionStage) -> AdmissionContext {
        var context = self
        context.stage = stage
        context.operation = .create
        context.subresource = nil
        context.oldPod = nil
        return context
    }
}
