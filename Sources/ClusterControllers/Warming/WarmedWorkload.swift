import JSON
import KubernetesAPI
import PodAdmission

/// What is kept of a workload: which one it is, in which version, and what its Pods' admissions will look up.
struct WarmedWorkload: Sendable, Equatable {
    /// Which one it is.
    let identity: ObjectIdentity
    /// The images that a Pod of it would ask for under the built-in policy.
    let images: [String]
    /// The secrets that they are pulled with.
    let secrets: PullSecretsQuery

    /// Takes what is needed of an object as the API server has it.
    ///
    /// - Returns: Nil for one whose images need no look-up of their own, and for one that cannot be read, of which the
    ///   admission of its Pods says so.
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

    /// Reads what ``kept`` has written.
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

    /// This as the value that a reflector keeps.
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

    /// What to look up.
    var entries: [WarmingEntry] { images.map { WarmingEntry(secrets: secrets, image: $0) } }
}

/// An image to look up, and the secrets of the workload that names it.
struct WarmingEntry: Sendable, Hashable {
    var secrets: PullSecretsQuery
    var image: String
}

/// A kind of workload whose images are looked up ahead of its Pods.
struct WarmedKind: Sendable, Hashable {
    /// The kind's objects.
    let resource: KubernetesResource
    /// Its name.
    let kind: String

    /// The kinds, those that are many and seldom say something new last.
    static let all = [
        WarmedKind(resource: .deployments, kind: "Deployment"),
        WarmedKind(resource: .statefulSets, kind: "StatefulSet"),
        WarmedKind(resource: .daemonSets, kind: "DaemonSet"), WarmedKind(resource: .cronJobs, kind: "CronJob"),
        WarmedKind(resource: .jobs, kind: "Job"), WarmedKind(resource: .replicaSets, kind: "ReplicaSet"),
    ]

    /// The workload in an object of this kind; an item of a list says neither its version nor its kind.
    ///
    /// - Returns: nil for one whose images need no look-up of their own: another workload has made it and names the
    ///   same ones, or it is a Job that has ended.
    /// - Throws: ``FieldError`` for an object that is not what its kind says.
    func workload(_ item: JSONValue) throws(FieldError) -> Workload? {
        var object = try item.asObject()
        object["apiVersion"] = .string("\(resource.group)/\(resource.version)")
        object["kind"] = .string(kind)
        guard let workload = try Workload(.object(object)), workload.metadata.controller == nil,
            !Self.hasEnded(item)
        else { return nil }
        return workload
    }

    /// Whether a Job is done (batch/v1, JobStatus).
    private static func hasEnded(_ item: JSONValue) -> Bool {
        (item["status"]?["conditions"]?.array ?? []).contains { condition in
            ["Complete", "Failed"].contains(condition["type"]?.string) && condition["status"]?.string == "True"
        }
    }
}
