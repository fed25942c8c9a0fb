import JSON
import KubernetesAPI
import PodAdmission

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
