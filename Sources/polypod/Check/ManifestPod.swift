import JSON
import PodAdmission

/// The Pods of one object as they are about to be created, with the policy that decides on them.
struct ManifestPod {
    /// The context of the Pods' creation.
    let context: AdmissionContext
    /// The policy that decides.
    let policy: WasmPolicy
    private let document: SourceDocument
    private let workload: Workload

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
        context = WorkloadEvaluation.context(of: workload, namespaceLabels: namespaces[namespace])
        policy = policies.policy(for: workload.pod, namespace: namespace, labels: namespaces[namespace])
    }

    /// The images to look up.
    var images: [String] {
        WorkloadEvaluation.imagesToInspect(in: workload, context: context, policy: policy)
    }

    /// The decisions of both webhooks.
    ///
    /// - Throws: ``BadInput`` where the patch does not apply.
    func evaluation(images: [String: ImageAnswer]) throws -> WorkloadEvaluation {
        do throws(FieldError) {
            return try WorkloadEvaluation(
                workload,
                document: document.value,
                context: context,
                images: images,
                policy: policy
            )
        } catch {
            throw document.badInput(error)
        }
    }
}
