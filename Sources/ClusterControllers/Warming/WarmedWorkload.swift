import JSON
import KubernetesAPI
import PodAdmission

/// The part of a workload that the warming keeps: its identity, its generation, its images and its pull secrets.
struct WarmedWorkload: Sendable, Equatable {
    /// The identity of the workload, with its generation.
    let identity: ObjectIdentity
    /// The images that the admission of one of its Pods looks up under the built-in policy.
    let images: [String]
    /// The pull secrets of the images.
    let secrets: PullSecretsQuery

    /// Reads an object of the API server.
    ///
    /// - Returns: Nil for a workload whose images need no look-up, and for an object that cannot be read, which the
    ///   admission of its Pods reports.
    init?(_ item: JSONValue, kind: WarmedKind) {
        guard let identity = ObjectIdentity(item), !identity.uid.isEmpty, let workload = try? kind.workload(item) else {
            return nil
        }
        self.identity = identity
        images = WorkloadEvaluation.imagesToInspect(in: workload, policy: WasmPolicy())
        guard !images.isEmpty else { return nil }
        let pod = workload.pod
        let names = pod.spec.imagePullSecrets
        secrets = PullSecretsQuery(
            namespace: pod.metadata.namespace ?? "default",
            imagePullSecrets: names,
            serviceAccountName: names.isEmpty ? pod.spec.serviceAccountName ?? "default" : nil
        )
    }

    /// Reads the value of ``kept``.
    init?(kept value: JSONValue) {
        guard let identity = ObjectIdentity(value), let namespace = value["metadata"]?["namespace"]?.string,
            let images = try? value["images"]?.asStrings()
        else { return nil }
        self.identity = identity
        self.images = images
        secrets = PullSecretsQuery(
            namespace: namespace,
            imagePullSecrets: value["imagePullSecrets"]?.array?.compactMap(\.string) ?? [],
            serviceAccountName: value["serviceAccountName"]?.string
        )
    }

    /// This workload as the value that a reflector keeps.
    var kept: JSONValue {
        [
            "metadata": [
                "name": .string(identity.name), "namespace": .string(secrets.namespace),
                "uid": .string(identity.uid), "generation": .number("\(identity.generation)"),
            ],
            "images": .array(images.map { .string($0) }),
            "imagePullSecrets": .array(secrets.imagePullSecrets.map { .string($0) }),
            "serviceAccountName": secrets.serviceAccountName.map { .string($0) } ?? .null,
        ]
    }

    /// The images to look up.
    var entries: [WarmingEntry] { images.map { WarmingEntry(secrets: secrets, image: $0) } }
}

/// An image to look up, with the pull secrets of its workload.
struct WarmingEntry: Sendable, Hashable {
    var secrets: PullSecretsQuery
    var image: String
}

/// A kind of workload whose images are looked up before its Pods are created.
struct WarmedKind: Sendable, Hashable {
    /// The resource of the kind in the API.
    let resource: KubernetesResource
    /// The name of the kind.
    let kind: String

    /// All kinds; those last that have many objects with images of another kind.
    static let all = [
        WarmedKind(resource: .deployments, kind: "Deployment"),
        WarmedKind(resource: .statefulSets, kind: "StatefulSet"),
        WarmedKind(resource: .daemonSets, kind: "DaemonSet"), WarmedKind(resource: .cronJobs, kind: "CronJob"),
        WarmedKind(resource: .jobs, kind: "Job"), WarmedKind(resource: .replicaSets, kind: "ReplicaSet"),
    ]

    /// Reads an item of a list, which has neither an API version nor a kind.
    ///
    /// - Returns: Nil for a workload whose images need no look-up: one that another workload controls, which has the same
    ///   images, and a Job that has ended.
    /// - Throws: ``FieldError`` for an object that does not have the form of its kind.
    func workload(_ item: JSONValue) throws(FieldError) -> Workload? {
        var object = try item.asObject()
        object["apiVersion"] = .string("\(resource.group)/\(resource.version)")
        object["kind"] = .string(kind)
        guard let workload = try Workload(.object(object)), workload.metadata.controller == nil,
            !Self.hasEnded(item)
        else { return nil }
        return workload
    }

    /// Whether the object is a Job that has ended (batch/v1, JobStatus).
    private static func hasEnded(_ item: JSONValue) -> Bool {
        (item["status"]?["conditions"]?.array ?? []).contains { condition in
            ["Complete", "Failed"].contains(condition["type"]?.string) && condition["status"]?.string == "True"
        }
    }
}
