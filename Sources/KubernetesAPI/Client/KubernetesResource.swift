import Basics

/// A kind of object of the API server.
public struct KubernetesResource: Sendable, Hashable {
    /// The API group; empty for the core group.
    public let group: String
    /// The version of the group, such as `v1`.
    public let version: String
    /// The kind's name in paths, such as `pods`.
    public let plural: String

    /// Names a kind.
    public init(group: String, version: String, plural: String) {
        self.group = group
        self.version = version
        self.plural = plural
    }

    /// What stands before a namespace or the plural in a path.
    var root: String { group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)" }
}

extension KubernetesResource {
    /// Pods.
    public static let pods = core("pods")
    /// Namespaces.
    public static let namespaces = core("namespaces")
    /// Nodes.
    public static let nodes = core("nodes")
    /// Secrets.
    public static let secrets = core("secrets")
    /// ServiceAccounts.
    public static let serviceAccounts = core("serviceaccounts")
    /// Endpoints.
    public static let endpoints = core("endpoints")
    /// Events of the core group.
    public static let events = core("events")
    /// Leases.
    public static let leases = Self(group: "coordination.k8s.io", version: "v1", plural: "leases")
    /// RuntimeClasses.
    public static let runtimeClasses = Self(group: "node.k8s.io", version: "v1", plural: "runtimeclasses")
    /// Deployments.
    public static let deployments = apps("deployments")
    /// StatefulSets.
    public static let statefulSets = apps("statefulsets")
    /// DaemonSets.
    public static let daemonSets = apps("daemonsets")
    /// ReplicaSets.
    public static let replicaSets = apps("replicasets")
    /// Jobs.
    public static let jobs = Self(group: "batch", version: "v1", plural: "jobs")
    /// CronJobs.
    public static let cronJobs = Self(group: "batch", version: "v1", plural: "cronjobs")
    /// Configurations of mutating webhooks.
    public static let mutatingWebhookConfigurations = admission("mutatingwebhookconfigurations")
    /// Configurations of validating webhooks.
    public static let validatingWebhookConfigurations = admission("validatingwebhookconfigurations")
    /// Polypod's own policies.
    public static let wasmPolicies = Self(group: "polypod.dev", version: "v1alpha1", plural: "wasmpolicies")

    private static func core(_ plural: String) -> Self { Self(group: "", version: "v1", plural: plural) }
    private static func apps(_ plural: String) -> Self { Self(group: "apps", version: "v1", plural: plural) }
    private static func admission(_ plural: String) -> Self {
        Self(group: "admissionregistration.k8s.io", version: "v1", plural: plural)
    }
}

/// One object of the API server, or a subresource of it.
public struct ObjectPath: Sendable, Hashable {
    /// Its kind.
    public let resource: KubernetesResource
    /// Its namespace; nil for objects of the whole cluster.
    public let namespace: String?
    /// Its name.
    public let name: String
    /// The subresource that is meant, such as `status`; nil for the object itself.
    public let subresource: String?

    /// Names an object.
    public init(_ resource: KubernetesResource, namespace: String? = nil, name: String, subresource: String? = nil) {
        self.resource = resource
        self.namespace = namespace
        self.name = name
        self.subresource = subresource
    }
}

extension KubernetesResource {
    /// The path of the kind's objects, in one namespace or in all.
    ///
    /// - Throws: ``KubernetesAPIError`` with `invalid` where a name cannot be one step of a path.
    func path(namespace: String?) throws(KubernetesAPIError) -> String {
        guard let namespace else { return "\(root)/\(plural)" }
        return "\(root)/namespaces/\(try step(namespace))/\(plural)"
    }

    /// The API server's rule for names in paths (apimachinery, pkg/api/validation/path).
    fileprivate func step(_ name: String) throws(KubernetesAPIError) -> String {
        let isStep = !name.isEmpty && name != "." && name != ".." && !name.utf8.contains { "/%".utf8.contains($0) }
        guard isStep else {
            throw KubernetesAPIError(.invalid, "\(plural): a name that is empty, . or .., or holds / or %")
        }
        return name.percentEncoded
    }
}

extension ObjectPath {
    /// The object's path.
    ///
    /// - Throws: ``KubernetesAPIError`` with `invalid` where a name cannot be one step of a path.
    func path() throws(KubernetesAPIError) -> String {
        let path = "\(try resource.path(namespace: namespace))/\(try resource.step(name))"
        return subresource.map { "\(path)/\($0.percentEncoded)" } ?? path
    }
}
