public import JSON

/// A Kubernetes object that is a Pod or contains a Pod template.
public struct Workload: Sendable, Equatable {
    /// The object's kind, such as `Deployment`.
    public let kind: String
    /// The object's own metadata.
    public let metadata: ObjectMetadata
    /// The Pod that the workload's controller will create, with its namespace and owner.
    public var pod: Pod
    /// The path from the object to the Pod or template; empty for a Pod.
    public let podPath: [String]

    /// The kinds with a Pod or Pod template, and the path to it.
    public static let podPaths: [String: [String]] = [
        "Pod": [],
        "PodTemplate": ["template"],
        "Deployment": ["spec", "template"],
        "StatefulSet": ["spec", "template"],
        "DaemonSet": ["spec", "template"],
        "ReplicaSet": ["spec", "template"],
        "ReplicationController": ["spec", "template"],
        "Job": ["spec", "template"],
        "CronJob": ["spec", "jobTemplate", "spec", "template"],
    ]

    /// The API groups of these kinds; a `Job` of another group is not a workload.
    private static let groups: Set<String> = ["", "apps", "batch", "extensions"]

    /// Whether objects of a kind are workloads.
    public static func isKind(_ kind: String, group: String) -> Bool {
        groups.contains(group) && podPaths[kind] != nil
    }

    /// Reads a workload; nil for kinds without a Pod.
    ///
    /// - Parameter value: One object of a manifest.
    /// - Throws: `FieldError` with the path from the object.
    public init?(_ value: JSONValue) throws(FieldError) {
        let object = try value.asObject()
        kind = try object.required("kind") { value throws(FieldError) in try value.asString() }
        let version = try object.required("apiVersion") { value throws(FieldError) in try value.asString() }
        let group = version.split(separator: "/").count > 1 ? String(version.prefix { $0 != "/" }) : ""
        guard Self.isKind(kind, group: group), let path = Self.podPaths[kind] else { return nil }
        let metadata = try object.optional("metadata") { value throws(FieldError) in try ObjectMetadata(value) }
        self.metadata = metadata ?? ObjectMetadata()
        podPath = path

        var template = value
        for (depth, step) in path.enumerated() {
            guard let next = template[step] else {
                throw FieldError("required", at: path[...depth].map { .key($0) })
            }
            template = next
        }
        var pod: Pod
        do throws(FieldError) { pod = try Pod(template) } catch {
            throw path.reversed().reduce(error) { $0.under(.key($1)) }
        }
        if !path.isEmpty {
            pod.metadata.generateName = self.metadata.displayName + "-"
            pod.metadata.controller = OwnerReference(kind: kind == "CronJob" ? "Job" : kind)
        }
        pod.metadata.namespace = pod.metadata.namespace ?? self.metadata.namespace
        self.pod = pod
    }
}
