/// A decision with the request that it answers, for metrics, logs and Events.
public struct DecidedAdmission: Sendable {
    /// The webhook that the API server called.
    public var stage: AdmissionStage
    /// The operation of the request.
    public var operation: AdmissionOperation
    /// The kind of the object: `Pod`, or the kind of a workload.
    public var kind: String
    /// The request's namespace.
    public var namespace: String
    /// The metadata of the object; the name can be missing.
    public var metadata: ObjectMetadata
    /// Whether the request is a dry run, after which nothing is stored.
    public var isDryRun: Bool
    /// The decision.
    public var decision: Decision

    /// Creates a decided admission.
    ///
    /// - Parameters:
    ///   - stage: The webhook that the API server called.
    ///   - operation: The operation of the request.
    ///   - kind: The kind of the object.
    ///   - namespace: The namespace of the request.
    ///   - metadata: The metadata of the object.
    ///   - isDryRun: Whether nothing is stored after the request.
    ///   - decision: The decision.
    public init(
        stage: AdmissionStage,
        operation: AdmissionOperation = .create,
        kind: String = "Pod",
        namespace: String,
        metadata: ObjectMetadata,
        isDryRun: Bool = false,
        decision: Decision
    ) {
        self.stage = stage
        self.operation = operation
        self.kind = kind
        self.namespace = namespace
        self.metadata = metadata
        self.isDryRun = isDryRun
        self.decision = decision
    }
}
