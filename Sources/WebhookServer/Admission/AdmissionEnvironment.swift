public import PodAdmission

/// The inputs of a decision other than the request, and the receiver of decisions.
///
/// The handler calls these functions for every request, so that a changed policy or node takes effect at once.
public struct AdmissionEnvironment: Sendable {
    /// Returns the policies in force.
    public var policies: @Sendable () -> PolicySet
    /// Returns the known nodes and runtime classes of the cluster.
    public var cluster: @Sendable () -> ClusterKnowledge
    /// Returns the labels of a namespace; nil if they are not known.
    public var namespaceLabels: @Sendable (_ namespace: String) async -> [String: String]?
    /// Receives every decision once the response is made; it must not block.
    public var decided: @Sendable (DecidedAdmission) -> Void
    /// The namespace whose dry runs always get the built-in policy; nil if there is none.
    ///
    /// The server sends its self-probes there through the API server, and their result must not depend on policies.
    /// Requests that are not dry runs get the policies in force; otherwise anyone who may create Pods in this namespace
    /// could bypass every policy.
    public var probeNamespace: String?

    /// Creates the environment of a server that uses no cluster: fixed policies, no labels, and no receiver.
    public init(policies: PolicySet = PolicySet()) {
        self.policies = { policies }
        cluster = { ClusterKnowledge() }
        namespaceLabels = { _ in nil }
        decided = { _ in }
    }

    /// Whether a request can be a self-probe.
    func isProbe(namespace: String, isDryRun: Bool) -> Bool { isDryRun && namespace == probeNamespace }
}
