import ArgumentParser
import JSON
import Manifests
import PodAdmission

/// Prints the AdmissionReview that the API server would send for a Pod.
struct ReviewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "review",
        abstract: "Print the AdmissionReview that the API server would send for the first Pod of a manifest.",
        discussion: "polypod review -f web.yaml | curl --cacert ca.crt -H 'Content-Type: application/json' -d @- URL"
    )

    @Option(name: [.short, .customLong("filename")], help: "A manifest in YAML or JSON, or - for standard input.")
    var filename: String

    func run() throws {
        for document in try ManifestFiles.read([filename]) {
            let workload: Workload?
            do throws(FieldError) { workload = try Workload(document.value) } catch { throw document.badInput(error) }
            guard let workload else { continue }
            return Terminal.standardOutput.write(document: workload.review(from: document.value).prettyText + "\n")
        }
        throw BadInput(file: filename, reason: "contains no Pod and no workload")
    }
}

extension Workload {
    /// The AdmissionReview for the creation of this workload's Pod (admission.k8s.io/v1).
    ///
    /// - Parameter document: The object that this workload was read from.
    /// - Returns: The review, as the API server sends it; it is marked as a dry run.
    func review(from document: JSONValue) -> JSONValue {
        var pod = podPath.reduce(document) { $0[$1] ?? .null }.object ?? JSONObject()
        var metadata = pod["metadata"]?.object ?? JSONObject()
        let namespace = self.pod.metadata.namespace ?? "default"
        if !podPath.isEmpty { metadata["generateName"] = .string(self.pod.metadata.generateName ?? "") }
        metadata["namespace"] = .string(namespace)
        metadata["creationTimestamp"] = .null
        pod["metadata"] = .object(metadata)
        pod["apiVersion"] = "v1"
        pod["kind"] = "Pod"
        let name = podPath.isEmpty ? self.metadata.name ?? "" : ""
        return [
            "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
            "request": [
                "uid": "00000000-0000-4000-8000-000000000001",
                "kind": ["group": "", "version": "v1", "kind": "Pod"],
                "resource": ["group": "", "version": "v1", "resource": "pods"],
                "requestKind": ["group": "", "version": "v1", "kind": "Pod"],
                "requestResource": ["group": "", "version": "v1", "resource": "pods"],
                "name": .string(name), "namespace": .string(namespace), "operation": "CREATE",
                "userInfo": ["username": "polypod-review", "groups": ["system:authenticated"]],
                "object": .object(pod), "oldObject": .null, "dryRun": true,
                "options": ["kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"],
            ],
        ]
    }
}
