import JSON
import PodAdmission
import Testing

@testable import ClusterControllers

@Suite("The part of a workload that is kept")
struct WarmedWorkloadTests {
    private static let owner: JSONValue = [
        ["apiVersion": "apps/v1", "kind": "Deployment", "name": "d", "uid": "u", "controller": true]
    ]
    private static let secrets: [(String, JSONValue)] = [
        ("imagePullSecrets", [["name": "a"], ["name": "b"]]), ("serviceAccountName", "robot"),
    ]

    private static let kept: [(kind: String, spec: JSONValue, images: [String], secrets: String, reason: String)] = [
        ("Deployment", Workloads.spec(["web", "side", "web"]), ["web", "side"], "shop//default", "each image once"),
        (
            "Deployment", Workloads.spec(["web"], secrets), ["web"], "shop/a,b/",
            "the secrets of the Pod take precedence"
        ),
        (
            "StatefulSet", Workloads.spec(["db"], [("serviceAccountName", "robot")]), ["db"], "shop//robot",
            "otherwise those of the service account"
        ),
        (
            "CronJob", ["jobTemplate": ["spec": Workloads.spec(["cron"])]], ["cron"], "shop//default",
            "the template of a Job"
        ),
    ]

    @Test(arguments: kept)
    func keepsImagesAndSecrets(kind: String, spec: JSONValue, images: [String], secrets: String, reason: String) throws
    {
        let kind = try #require(WarmedKind.all.first { $0.kind == kind })
        let workload = try #require(WarmedWorkload(Workloads.object("x", generation: 7, spec), kind: kind))
        #expect(workload.images == images, "\(reason)")
        let query = workload.secrets
        let names = query.imagePullSecrets.joined(separator: ",")
        #expect("\(query.namespace)/\(names)/\(query.serviceAccountName ?? "")" == secrets, "\(reason)")
        #expect(workload.identity.uid == "uid-shop-x")
        #expect(workload.identity.generation == 7)
        #expect(WarmedWorkload(kept: workload.kept) == workload, "the value for the reflector reads back")
        #expect(workload.entries == images.map { WarmingEntry(secrets: query, image: $0) })
    }

    @Test func keepsNoOtherFields() throws {
        let kind = try #require(WarmedKind.all.first)
        let workload = try #require(
            WarmedWorkload(Workloads.object("x", Workloads.spec(["web"], Self.secrets)), kind: kind)
        )
        let text = workload.kept.compactText
        for word in ["managedFields", "LARGE", "status", "template"] { #expect(!text.contains(word), "\(word)") }
    }

    private static let ignored: [(kind: String, object: JSONValue, reason: String)] = [
        (
            "ReplicaSet", Workloads.object("x", owners: owner, Workloads.spec(["web"])),
            "its Deployment has the same images"
        ),
        (
            "Job",
            Workloads.object(
                "x",
                status: ["conditions": [["type": "Complete", "status": "True"]]],
                Workloads.spec(["job"])
            ), "the Job has ended"
        ), ("Deployment", Workloads.object("x", ["template": 7]), "no template"),
        ("Deployment", Workloads.object("x", Workloads.spec([])), "no images"),
        ("Deployment", ["metadata": ["name": "x"], "spec": Workloads.spec(["web"])], "no uid"),
        ("Deployment", "x", "not an object"),
    ]

    @Test(arguments: ignored)
    func ignoresObjects(kind: String, object: JSONValue, reason: String) throws {
        let kind = try #require(WarmedKind.all.first { $0.kind == kind })
        #expect(WarmedWorkload(object, kind: kind) == nil, "\(reason)")
    }
}
