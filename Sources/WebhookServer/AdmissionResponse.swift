import Basics
import JSON
import PodAdmission

/// The response of an AdmissionReview, bounded and clean whatever went into it.
///
/// The API server takes an answer that breaks its rules for a failed call (VerifyAdmissionResponse,
/// apiserver/pkg/admission/plugin/webhook/request/admissionreview.go), so the rules are kept here, in one place.
struct AdmissionResponse {
    /// The request's uid.
    var uid: String
    /// Whether the request is admitted.
    var isAllowed = true
    /// Why not; only of a refusal.
    var denialMessage: String?
    /// What is written into the object; never of a validating answer.
    var patch: [JSONPatchOperation] = []
    /// What is said to whoever sent the request.
    var warnings: [String] = []
    /// What is kept in the audit log; the keys must be qualified names without a slash.
    var auditAnnotations: [(key: String, value: String)] = []

    /// The API server cuts warnings to 256 characters once all of them together exceed 4,096
    /// (endpoints/filters/warning.go); this many stay below.
    static let mostWarnings = 32
    /// What the API's documentation asks of one warning.
    static let longestWarning = 120
    /// A refusal goes into a Status and into the events of controllers.
    static let longestDenial = 4096
    /// The audit log writes every value into one line.
    static let longestAnnotation = 1024

    /// The whole review as JSON.
    func bytes() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        bytes.append(
            contentsOf: #"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"#.utf8
        )
        JSONValue.write(uid, to: &bytes)
        bytes.append(contentsOf: (isAllowed ? #","allowed":true"# : #","allowed":false"#).utf8)
        if !isAllowed { appendStatus(to: &bytes) }
        if isAllowed, !patch.isEmpty { appendPatch(to: &bytes) }
        if !warnings.isEmpty { appendWarnings(to: &bytes) }
        if !auditAnnotations.isEmpty { appendAnnotations(to: &bytes) }
        bytes.append(contentsOf: "}}".utf8)
        return bytes
    }

    private func appendStatus(to bytes: inout [UInt8]) {
        bytes.append(contentsOf: #","status":{"status":"Failure","code":403,"reason":"Forbidden","message":"#.utf8)
        JSONValue.write(Self.bounded(denialMessage ?? "refused by policy"), to: &bytes)
        bytes.append(UInt8(ascii: "}"))
    }

    private func appendPatch(to bytes: inout [UInt8]) {
        var operations: [UInt8] = []
        JSONValue.array(patch.map(\.json)).write(to: &operations)
        bytes.append(contentsOf: #","patchType":"JSONPatch","patch":""#.utf8)
        bytes.append(contentsOf: Base64.encode(operations).utf8)
        bytes.append(UInt8(ascii: "\""))
    }

    private func appendWarnings(to bytes: inout [UInt8]) {
        var lines = warnings.prefix(Self.mostWarnings).map { $0.plainText(limit: Self.longestWarning) }
        if warnings.count > Self.mostWarnings {
            lines[Self.mostWarnings - 1] = "and \(warnings.count - Self.mostWarnings + 1) more warnings"
        }
        bytes.append(contentsOf: #","warnings":["#.utf8)
        for (index, line) in lines.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            JSONValue.write(line, to: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    private func appendAnnotations(to bytes: inout [UInt8]) {
        bytes.append(contentsOf: #","auditAnnotations":{"#.utf8)
        for (index, annotation) in auditAnnotations.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            JSONValue.write(annotation.key, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            JSONValue.write(annotation.value.plainText(limit: Self.longestAnnotation), to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    /// As many whole lines of `message` as fit, each cleaned, and how many do not.
    private static func bounded(_ message: String) -> String {
        let lines = message.split(separator: "\n").map { String($0).plainText(limit: 400) }
        var kept: [String] = []
        var length = 0
        for line in lines {
            length += line.utf8.count + 1
            guard length <= longestDenial else { break }
            kept.append(line)
        }
        if kept.count < lines.count { kept.append("and \(lines.count - kept.count) more") }
        return kept.joined(separator: "\n")
    }
}

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
