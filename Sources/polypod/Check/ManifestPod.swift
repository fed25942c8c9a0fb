import JSON
import PodAdmission

/// The Pods of one object as they are about to be made, with the policy that decides about them.
struct ManifestPod {
    /// The circumstances of the Pods' creation.
    let circumstances: AdmissionContext
    private let document: SourceDocument
    private let workload: Workload
    private let policy: WasmPolicy

    /// Reads the object; nil for one that holds no Pod.
    ///
    /// - Throws: ``BadInput`` with file, line and field.
    init?(_ document: SourceDocument, namespaces: ManifestNamespaces, policies: PolicySet) throws {
        let read: Workload?
        do throws(FieldError) { read = try Workload(document.value) } catch { throw document.badInput(error) }
        guard let workload = read else { return nil }
        self.document = document
        self.workload = workload
        let namespace = workload.pod.metadata.namespace ?? "default"
        circumstances = WorkloadEvaluation.circumstances(of: workload, namespaceLabels: namespaces[namespace])
        policy = policies.policy(for: workload.pod, namespace: namespace, labels: namespaces[namespace])
    }

    /// The images to look up first.
    var images: [String] {
        WorkloadEvaluation.imagesToInspect(in: workload, circumstances: circumstances, policy: policy)
    }

    /// The way through the mutating webhook.
    ///
    /// - Throws: ``BadInput`` where the patch does not apply.
    func rehearsal(images: [String: ImageAnswer]) throws -> WorkloadEvaluation {
        do throws(FieldError) {
            return try WorkloadEvaluation(
                workload,
                document: document.value,
                circumstances: circumstances,
                images: images,
                policy: policy
            )
        } catch {
            throw document.badInput(error)
        }
    }
}
