public import ImageRegistry
public import PodAdmission

/// What a decision rests on beside the request: what is known at that moment, and who is told.
///
/// Everything here is asked anew for each request, so that a policy or a node that changes counts for the next one.
public struct AdmissionEnvironment: Sendable {
    /// The policies in force.
    public var policies: @Sendable () -> PolicySet
    /// What is known of the cluster.
    public var cluster: @Sendable () -> ClusterKnowledge
    /// The labels of a namespace; nil where they are not known.
    public var namespaceLabels: @Sendable (_ namespace: String) async -> [String: String]?
    /// The credentials of pull secrets, until the deadline.
    public var credentials: @Sendable (PullSecretsQuery, _ deadline: ContinuousClock.Instant) async -> PullCredentials
    /// Told of every decision, after the answer is made; it must not wait.
    public var decided: @Sendable (DecidedAdmission) -> Void
    /// The namespace whose dry runs are decided by the built-in policy whatever the others say; nil for none.
    ///
    /// There the server has itself tried by the API server, which must not depend on what a policy allows. A Pod that is
    /// to be stored there is decided like any other, or who may make Pods there would have a way around every policy.
    public var probeNamespace: String?

    /// Creates the environment of a server that asks no cluster.
    public init(policies: PolicySet = PolicySet()) {
        self.policies = { policies }
        cluster = { ClusterKnowledge() }
        namespaceLabels = { _ in nil }
        credentials = { _, _ in PullCredentials() }
        decided = { _ in }
    }

    /// Whether a request is of the kind that the server tries itself with.
    func isProbe(namespace: String, isDryRun: Bool) -> Bool { isDryRun && namespace == probeNamespace }
}

/// Which pull secrets a Pod's images may be pulled with.
public struct PullSecretsQuery: Sendable, Hashable {
    /// The namespace of the secrets.
    public var namespace: String
    /// The names that the Pod gives, in its order.
    public var imagePullSecrets: [String]
    /// The service account whose secrets count where the Pod names none; nil where the Pod is as it will be stored.
    ///
    /// The API server's ServiceAccount plugin has copied an account's secrets into a Pod before webhooks see it, but not
    /// into the template of a workload (kubernetes, plugin/pkg/admission/serviceaccount/admission.go).
    public var serviceAccountName: String?

    /// Creates a query.
    public init(namespace: String, imagePullSecrets: [String] = [], serviceAccountName: String? = nil) {
        self.namespace = namespace
        self.imagePullSecrets = imagePullSecrets
        self.serviceAccountName = serviceAccountName
    }
}

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
