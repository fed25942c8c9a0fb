import Basics
import JSON
import PodAdmission

/// The response of an AdmissionReview; its texts are shortened and have no control characters, whatever the input was.
///
/// The API server treats a response that breaks its rules as a failed call (VerifyAdmissionResponse,
/// apiserver/pkg/admission/plugin/webhook/request/admissionreview.go). This type is the one place that follows them.
struct AdmissionResponse {
    /// The uid of the request.
    var uid: String
    /// Whether the request is admitted.
    var isAllowed = true
    /// The reason of a denial; ignored if the request is admitted.
    var denialMessage: String?
    /// The patch of the object; must be empty in a response of the validating webhook.
    var patch: [JSONPatchOperation] = []
    /// The warnings for the client that sent the request.
    var warnings: [String] = []
    /// The annotations of the audit event; the keys must be qualified names without a slash.
    var auditAnnotations: [(key: String, value: String)] = []

    /// The limit on warnings: the API server cuts each one to 256 characters if all together exceed 4,096
    /// (endpoints/filters/warning.go).
    static let mostWarnings = 32
    /// The limit on one warning in characters, as the documentation of the API recommends.
    static let longestWarning = 120
    /// The limit on a denial in bytes: it goes into a Status and into the Events of controllers.
    static let longestDenial = 4096
    /// The limit on an annotation in characters: the audit log writes every value into one line.
    static let longestAnnotation = 1024

    /// The whole review as JSON.
    func bytes() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(2048)
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
        operations.reserveCapacity(1024)
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

    /// As many whole lines of `message` as fit, without control characters, and the number of lines left out.
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

    /// Takes over a decision; the patch only for the mutating webhook.
    ///
    /// - Returns: The result, for metrics and the log.
    mutating func apply(_ decision: Decision, stage: AdmissionStage) -> AdmissionResult {
        isAllowed = decision.isAllowed
        denialMessage = decision.denialMessage
        // Two containers with the same image can cause the same warning.
        var seen: Set<String> = []
        warnings = decision.warnings.filter { seen.insert($0).inserted }
        if stage == .mutating { patch = decision.patch }
        let result: AdmissionResult =
            if !isAllowed { .denied } else if decision.skipped != nil { .skipped } else if !patch.isEmpty {
                .patched
            } else { .allowed }
        auditAnnotations = Self.annotations(of: decision)
        return result
    }

    /// The annotations of the audit event.
    ///
    /// A webhook that is called twice for one request cannot overwrite its annotations. Therefore no annotation depends
    /// on whether this call or an earlier one made the patch; the API server records the patch itself.
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

    /// The number of containers of each class, such as `wasm=1 native=2`.
    static func classes(of decision: Decision) -> String {
        ContainerClass.allCases.compactMap { containerClass in
            let count = decision.containers.count { $0.containerClass == containerClass }
            return count == 0 ? nil : "\(containerClass.rawValue)=\(count)"
        }.joined(separator: " ")
    }

    /// The codes of the findings, each once, such as `exec-probe image-unresolved`.
    static func codes(of decision: Decision) -> String {
        CheckCode.allCases.filter { code in decision.findings.contains { $0.code == code } }
            .map(\.rawValue).joined(separator: " ")
    }
}
