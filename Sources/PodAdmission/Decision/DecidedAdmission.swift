/// A decision, for those who are told of it.
public struct DecidedAdmission: Sendable {
    /// Which webhook was asked.
    public var stage: AdmissionStage
    /// What was done with the object.
    public var operation: AdmissionOperation
    /// The object's kind: `Pod`, or that of a workload.
    public var kind: String
    /// The request's namespace.
    public var namespace: String
    /// The object's metadata; its name may still be missing.
    public var metadata: ObjectMetadata
    /// Whether nothing will be stored.
    public var isDryRun: Bool
    /// What was decided.
    public var decision: Decision

    /// Creates a decided admission.
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
