import JSON
import PodAdmission

/// What became of a request: a bounded set, fit for a metric's label.
enum AdmissionResult: String, CaseIterable {
    /// Admitted as it is.
    case allowed
    /// Admitted with changes.
    case patched
    /// Refused by policy.
    case denied
    /// Admitted without a look: no Pod, or one that is none of Polypod's business.
    case skipped
    /// Admitted without a look, since a field of the Pod does not hold what its schema asks for.
    case unreadable
    /// No review.
    case badRequest = "bad_request"
    /// Not looked at, since a policy asks for labels of its namespace that are not known.
    case unknownNamespace = "unknown_namespace"
    /// Not looked at, since there was too much to do.
    case overloaded
    /// Not read, since its body is too long.
    case tooLarge = "too_large"
    /// Not read, since its body did not arrive in time.
    case tooSlow = "too_slow"
}

extension AdmissionResponse {
    /// Takes over what was decided, as far as `stage` may say it.
    mutating func apply(_ decision: Decision, stage: AdmissionStage) -> AdmissionResult {
        isAllowed = decision.isAllowed
        denialMessage = decision.denialMessage
        // Two containers of the same image can give cause for the same line.
        var said: Set<String> = []
        warnings = decision.warnings.filter { said.insert($0).inserted }
        if stage == .mutating { patch = decision.patch }
        let result: AdmissionResult =
            if !isAllowed { .denied } else if decision.skipped != nil { .skipped } else if !patch.isEmpty {
                .patched
            } else { .allowed }
        auditAnnotations = Self.annotations(of: decision)
        return result
    }

    /// What the audit log keeps.
    ///
    /// A webhook that is called twice for one request cannot overwrite its annotations, so nothing here depends on
    /// whether this call or an earlier one wrote the patch (which the API server records by itself).
    private static func annotations(of decision: Decision) -> [(key: String, value: String)] {
        var annotations: [(key: String, value: String)] = []
        if let skipped = decision.skipped {
            annotations.append(("decision", "skipped"))
            annotations.append(("skipped", skipped.rawValue))
        } else {
            annotations.append(("decision", decision.isAllowed ? "allowed" : "denied"))
        }
        annotations.append(("policy", decision.policyName ?? "built-in"))
        if !decision.containers.isEmpty { annotations.append(("class", classes(of: decision))) }
        if !decision.findings.isEmpty { annotations.append(("findings", codes(of: decision))) }
        if !decision.withheldPatch.isEmpty {
            let patch = JSONValue.array(decision.withheldPatch.map(\.json)).compactText
            annotations.append(("withheld-patch", patch))
        }
        return annotations
    }

    /// How many containers are of which class, such as `wasm=1 native=2`.
    static func classes(of decision: Decision) -> String {
        ContainerClass.allCases.compactMap { containerClass in
            let count = decision.containers.count { $0.containerClass == containerClass }
            return count == 0 ? nil : "\(containerClass.rawValue)=\(count)"
        }.joined(separator: " ")
    }

    /// The codes of what was found, each once, such as `exec-probe image-unresolved`.
    static func codes(of decision: Decision) -> String {
        CheckCode.allCases.filter { code in decision.findings.contains { $0.code == code } }
            .map(\.rawValue).joined(separator: " ")
    }
}
