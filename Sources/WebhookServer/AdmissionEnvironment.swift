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
        decided = { _ in }
    }

    /// Whether a request is of the kind that the server tries itself with.
    func isProbe(namespace: String, isDryRun: Bool) -> Bool { isDryRun && namespace == probeNamespace }
}
