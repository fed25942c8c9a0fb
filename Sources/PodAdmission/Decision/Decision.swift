public import JSON

/// The two webhooks.
public enum AdmissionStage: Sendable, Equatable {
    /// `/mutate`: adds what is missing. It denies nothing, because a later webhook can still change the Pod.
    case mutating
    /// `/validate`: checks the final Pod and changes nothing.
    case validating
}

/// The operation of an admission request (admission.k8s.io/v1).
public enum AdmissionOperation: String, Sendable, Equatable {
    /// The object is created.
    case create = "CREATE"
    /// The object or a subresource of it is changed.
    case update = "UPDATE"
    /// The object is deleted.
    case delete = "DELETE"
    /// A client connects to a subresource, such as exec.
    case connect = "CONNECT"
}

/// The data for a decision besides the Pod.
public struct AdmissionContext: Sendable, Equatable {
    /// The webhook that the API server called.
    public var stage: AdmissionStage
    /// The operation of the request.
    public var operation: AdmissionOperation
    /// The subresource, such as `ephemeralcontainers`; nil for the Pod itself.
    public var subresource: String?
    /// The Pod before an update; nil for other operations.
    public var oldPod: Pod?
    /// The user of the request; only a node can create mirror Pods.
    public var username: String
    /// The request's namespace.
    public var namespace: String
    /// Whether the request is a server-side dry run.
    public var isDryRun: Bool
    /// The labels of the namespace; nil if they are not known.
    public var namespaceLabels: [String: String]?
    /// The runtime classes of the cluster.
    public var cluster: ClusterKnowledge

    /// Creates a context; the defaults are for the creation of a Pod in the namespace `default`.
    ///
    /// - Parameters:
    ///   - stage: The webhook that the API server called.
    ///   - operation: The operation of the request.
    ///   - subresource: The subresource; nil for the Pod itself.
    ///   - oldPod: The Pod before an update.
    ///   - username: The user of the request.
    ///   - namespace: The namespace of the request.
    ///   - isDryRun: Whether the request is a server-side dry run.
    ///   - namespaceLabels: The labels of the namespace; nil if they are not known.
    ///   - cluster: The runtime classes of the cluster.
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

/// Why a request is admitted without looking at its images.
public enum SkipReason: String, Sendable, Equatable, CaseIterable {
    /// The Pod has `polypod.dev/inject: disabled`, and the policy allows that.
    case optedOut = "opted-out"
    /// Its namespace has the same label, and the policy allows that.
    case namespaceOptedOut = "namespace-opted-out"
    /// The Pod is the mirror of a static Pod of a node.
    case mirrorPod = "mirror-pod"
    /// The Pod is being deleted.
    case beingDeleted = "being-deleted"
    /// The update changes no container image.
    case unchanged
    /// Another object controls the workload; the admission of that object was decided.
    case controlled
    /// The policy does not check workloads.
    case workloadsOff = "workloads-off"
    /// Polypod does not decide on this operation or subresource.
    case otherOperation = "other-operation"
}

/// The decision on one request.
public struct Decision: Sendable, Equatable {
    /// Why the images were not looked at; nil if they were.
    public var skipped: SkipReason?
    /// The containers, with their classes.
    public var containers: [ContainerVerdict] = []
    /// The changes to the object; empty in the validating stage and in ``WasmPolicy/Mode/dryRun``.
    public var patch: [JSONPatchOperation] = []
    /// The changes that ``WasmPolicy/Mode/dryRun`` withholds.
    public var withheldPatch: [JSONPatchOperation] = []
    /// The findings of the checks that are not off.
    public var findings: [Finding] = []
    /// Messages for the user besides the findings, each at most 120 characters.
    public var notices: [String] = []
    /// The record for the annotation `polypod.dev/decision`; nil if no container is Wasm.
    public var record: String?
    /// The name of the policy; nil for the built-in one.
    public var policyName: String?
    /// The name of the workload whose Pods the decision is about; nil for a Pod.
    public var workload: String?

    /// Creates a decision that admits the request without changes.
    public init() {}

    /// Whether the request is admitted.
    public var isAllowed: Bool { !findings.contains { $0.action == .deny } }

    /// The warnings for the user: the notices, then the findings with the action `warn`.
    public var warnings: [String] {
        notices + findings.filter { $0.action == .warn }.map { $0.warning(about: workload) }
    }

    /// The reasons for a denial, one line for each finding; nil if the request is admitted.
    public var denialMessage: String? {
        let lines = findings.filter { $0.action == .deny }.map { finding in
            let subject = finding.subject(of: workload)
            return "\(subject)\(finding.message); \(finding.remedy) [\(finding.code.rawValue)]"
        }
        return lines.isEmpty ? nil : lines.joined(separator: "\n")
    }
}
