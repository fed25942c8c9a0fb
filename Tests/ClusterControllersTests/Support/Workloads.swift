import JSON

@testable import PodAdmission

/// Workloads as the API server has them.
enum Workloads {
    static let deployments = "/apis/apps/v1/deployments"

    /// The spec of one whose Pods have these images.
    static func spec(_ images: [String], _ rest: [(String, JSONValue)] = []) -> JSONValue {
        let containers = images.map { image -> JSONValue in
            ["name": .string("c-\(image.count)"), "image": .string(image), "env": [["name": "LARGE", "value": "x"]]]
        }
        let members = [("containers", JSONValue.array(containers))] + rest
        return ["template": ["spec": .object(JSONObject(members.map { .init(key: $0.0, value: $0.1) }))]]
    }

    static func object(
        _ name: String,
        namespace: String = "shop",
        generation: Int = 1,
        owners: JSONValue = [],
        status: JSONValue = [:],
        _ spec: JSONValue
    ) -> JSONValue {
        [
            "metadata": [
                "name": .string(name), "namespace": .string(namespace), "uid": .string("uid-\(namespace)-\(name)"),
                "generation": .number("\(generation)"), "ownerReferences": owners, "managedFields": [["manager": "x"]],
            ],
            "spec": spec, "status": status,
        ]
    }
}
