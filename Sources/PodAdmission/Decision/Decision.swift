public import JSON

/// Which of the two webhooks asks.
public enum AdmissionStage: Sendable, Equatable {
    /// `/mutate`: what is missing is written; nothing is refused, since a later webhook may still change the Pod.
    case mutating
    /// `/validate`: the Pod is final; nothing is written.
    case validating
}

/// What the API server is doing with the object.
public enum AdmissionOperation: String, Sendable, Equatable {
    /// The object is made.
    case create = "CREATE"
    /// The object, or a subresource of it, is changed.
    case update = "UPDATE"
    /// The object is deleted.
    case delete = "DELETE"
    /// A connection to a subresource, such as exec.
    case connect = "CONNECT"
}

/// The circumstances of a decision that are not in the Pod.
public struct AdmissionContext: Sendable, Equatable {
    /// Which webhook asks.
    public var stage: AdmissionStage
    /// What is being done.
    public var operation: AdmissionOperation
    /// The subresource, such as `ephemeralcontainers`; nil for the Pod itself.
    public var subresource: String?
    /// The Pod before the change, on an update.
    public var oldPod: Pod?
    /// Who asks, for mirror Pods, which only a node may make.
    public var username: String
    /// The request's namespace.
    public var namespace: String
    /// Whether the request is a server-side dry run.
    public var isDryRun: Bool
    /// The namespace's labels; nil where nobody knows them.
    public var namespaceLabels: [String: String]?
    /// What is known of the cluster.
    public var cluster: ClusterKnowledge

    /// Creates a context; the defaults are those of a Pod's creation.
    public init(
        stage: AdmissionStage,
        operation: AdmissionOperation = .create,
        subresource: String? = nil,
        oldPod: Pod? = nil,
        username: String = "",
        namespace: String = "default",
        isDryRun: Bool = false,
        namespaceLabels: [String: String]? = nil,
        cluster: ClusterKnowledge = ClusterKnowledge()
    ) {
        self.stage = stage
        self.operation = operation
        self.subresource = subresource
        self.oldPod = oldPod
        self.username = username
        self.namespace = namespace
        self.isDryRun = isDryRun
        self.namespaceLabels = namespaceLabels
        self.cluster = cluster
    }
}

/// Why a request was admitted without a look at its images.
public enum SkipReason: String, Sendable, Equatable, CaseIterable {
    /// The Pod carries `polypod.dev/inject: disabled`, and the policy allows it.
    case optedOut = "opted-out"
    /// Its namespace carries the same label, and the policy allows it.
    case namespaceOptedOut = "namespace-opted-out"
    /// The Pod mirrors a static Pod of a node.
    case mirrorPod = "mirror-pod"
    /// The Pod is being deleted.
    case beingDeleted = "being-deleted"
    /// Nothing that counts was changed.
    case unchanged
    /// A workload that another one controls, whose own admission has said everything.
    case controlled
    /// The policy does not look at workloads.
    case workloadsOff = "workloads-off"
    /// The operation or subresource is none that Polypod decides on.
    case otherOperation = "other-operation"
}

/// What is to be done with one request.
public struct Decision: Sendable, Equatable {
    /// Why nothing was looked at; nil for a decision on the images.
    public var skipped: SkipReason?
    /// The containers that were looked at.
    public var containers: [ContainerVerdict] = []
    /// What is written; only ever of the mutating stage, and empty in ``WasmPolicy/Mode/dryRun``.
    public var patch: [JSONPatchOperation] = []
    /// What would have been written, where the mode is ``WasmPolicy/Mode/dryRun``.
    public var withheldPatch: [JSONPatchOperation] = []
    /// What was found, checks that are off left out.
    public var findings: [Finding] = []
    /// Lines for the person who sent the request, each at most 120 characters, findings not among them.
    public var notices: [String] = []
    /// The record for the annotation `polypod.dev/decision`; nil where no container is Wasm.
    public var record: String?
    /// The policy that decided; nil for the built-in one.
    public var policyName: String?
    /// The name of the workload whose Pods were decided on, to tell one of many apart; nil for a Pod of its own.
    public var workload: String?

    /// Creates a decision.
    public init() {}

    /// Whether the request is admitted.
    public var isAllowed: Bool { !findings.contains { $0.action == .deny } }

    /// The warnings for the person who sent the request: notices, then what was found but not refused.
    public var warnings: [String] {
        notices + findings.filter { $0.action == .warn }.map { $0.warning(about: workload) }
    }

    /// The reason of a refusal, one line a finding; nil where the request is admitted.
    public var denialMessage: String? {
        let lines = findings.filter { $0.action == .deny }.map { finding in
            let subject = finding.subject(of: workload)
            return "\(subject)\(finding.message); \(finding.remedy) [\(finding.code.rawValue)]"
        }
        return lines.isEmpty ? nil : lines.joined(separator: "\n")
    }
}
