public import PodAdmission

/// One answered review, for whoever wants to tell people about it.
public struct AdmissionEvent: Sendable {
    /// The review's request.
    public let request: AdmissionRequest
    /// Which webhook was asked.
    public let stage: AdmissionStage
    /// The Pod; nil where the object is none, or none that could be read.
    public let pod: Pod?
    /// The policy that the Pod was decided by; nil with the Pod.
    public let policy: WasmPolicy?
    /// What was decided; nil with the Pod.
    public let decision: Decision?
    /// How long the answer took.
    public let duration: Duration
}
