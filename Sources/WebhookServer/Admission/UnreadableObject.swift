import JSON
import PodAdmission

extension AdmissionEvaluator {
    /// The refusal of an object that cannot be read, because it is too large or a field has the wrong type.
    ///
    /// Such an object could contain Wasm that the policy forbids. A Pod that is being deleted can still change, so that
    /// its finalizers can go.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - labels: The labels of the namespace; nil if they are not known.
    ///   - error: Why it cannot be read.
    /// - Returns: The refusal; nil if no policy that can be the object's restricts Wasm images.
    func refusal(
        of request: AdmissionRequest,
        labels: [String: String]?,
        because error: FieldError
    ) -> Decision? {
        guard request.subject != .other, request.subresource == nil || request.subresource == "ephemeralcontainers",
            request.operation == AdmissionOperation.create.rawValue
                || request.operation == AdmissionOperation.update.rawValue,
            !request.username.hasPrefix("system:node:"),
            !request.isBeingDeleted,
            !environment.isProbe(namespace: request.namespace, isDryRun: request.isDryRun),
            let policy = environment.policies().restriction(inNamespace: request.namespace, labels: labels),
            request.subject == .pod || policy.workloads == .deny
        else { return nil }
        var decision = Decision()
        decision.policyName = policy.name
        decision.findings = [
            Finding(
                .imageUnresolved,
                action: .deny,
                container: nil,
                message: "cannot be read (\(error.description.plainText(limit: 80)))",
                remedy: "the policy restricts Wasm images; make it smaller"
            )
        ]
        return decision
    }
}
