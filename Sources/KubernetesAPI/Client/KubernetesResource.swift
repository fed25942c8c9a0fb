/// A kind of object of the API server.
public struct KubernetesResource: Sendable, Hashable {
    /// The API group; empty for the core group.
    public let group: String
    /// The version of the group, such as `v1`.
    public let version: String
    /// The kind's name in paths, such as `pods`.
    public let plural: String

    /// Names a kind.
    ///
    /// - Parameters:
    ///   - group: The API group; empty for the core group.
    ///   - version: The version of the group, such as `v1`.
    ///   - plural: The kind's name in paths, such as `pods`.
    public init(group: String, version: String, plural: String) {
        self.group = group
        self.version = version
        self.plural = plural
    }

    /// The start of the kind's paths, before a namespace or the plural.
    var root: String { group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)" }
}

extension KubernetesResource {
    /// Pods of the core group.
    public static let pods = core("pods")
    /// Namespaces of the core group.
    public static let namespaces = core("namespaces")
    /// Nodes of the core group.
    public static let nodes = core("nodes")
    /// Secrets of the core group.
    public static let secrets = core("secrets")
    /// ServiceAccounts of the core group.
    public static let serviceAccounts = core("serviceaccounts")
    /// Endpoints of the core group.
    public static let endpoints = core("endpoints")
    /// Events of the core group.
    public static let events = core("events")
    /// Leases of `coordination.k8s.io/v1`.
    public static let leases = Self(group: "coordination.k8s.io", version: "v1", plural: "leases")
    /// RuntimeClasses of `node.k8s.io/v1`.
    public static let runtimeClasses = Self(group: "node.k8s.io", version: "v1", plural: "runtimeclasses")
    /// Deployments of `apps/v1`.
    public static let deployments = apps("deployments")
    /// StatefulSets of `apps/v1`.
    public static let statefulSets = apps("statefulsets")
    /// DaemonSets of `apps/v1`.
    public static let daemonSets = apps("daemonsets")
    /// ReplicaSets of `apps/v1`.
    public static let replicaSets = apps("replicasets")
    /// Jobs of `batch/v1`.
    public static let jobs = Self(group: "batch", version: "v1", plural: "jobs")
    /// CronJobs of `batch/v1`.
    public static let cronJobs = Self(group: "batch", version: "v1", plural: "cronjobs")
    /// Configurations of mutating admission webhooks.
    public static let mutatingWebhookConfigurations = admission("mutatingwebhookconfigurations")
    /// Configurations of validating admission webhooks.
    public static let validatingWebhookConfigurations = admission("validatingwebhookconfigurations")
    /// Polypod's policies, `polypod.dev/v1alpha1`.
    public static let wasmPolicies = Self(group: "polypod.dev", version: "v1alpha1", plural: "wasmpolicies")

    private static func core(_ plural: String) -> Self { Self(group: "", version: "v1", plural: plural) }
    private static func apps(_ plural: String) -> Self { Self(group: "apps", version: "v1", plural: plural) }
    private static func admission(_ plural: String) -> Self {
        Self(group: "admissionregistration.k8s.io", version: "v1", plural: plural)
    }
}
