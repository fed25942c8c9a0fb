import JSON
import Logging
import PodAdmission

/// Writes the log line of every decision.
struct DecisionLog: Sendable {
    private let logger: Logger

    init(logger: Logger) { self.logger = logger }

    func write(
        _ request: AdmissionRequest,
        stage: AdmissionStage,
        result: AdmissionResult,
        decision: Decision?,
        duration: Duration,
        level: Logger.Level = .info
    ) {
        guard logger.logLevel <= level else { return }
        var metadata: Logger.Metadata = [
            "uid": .string(request.uid.plainText(limit: 64)),
            "namespace": .string(request.namespace.plainText(limit: 63)),
            "name": .string(request.name.plainText(limit: 253)),
            "kind": .string(request.kind.plainText(limit: 63)),
            "operation": .string(request.operation.plainText(limit: 16)),
            "stage": .string(stage.label),
            "result": .string(result.rawValue),
            "allowed": .stringConvertible(result != .denied),
            "patched": .stringConvertible(result == .patched),
            "duration_ms": .stringConvertible(Self.milliseconds(duration)),
        ]
        if request.isDryRun { metadata["dry_run"] = "true" }
        if let subresource = request.subresource { metadata["subresource"] = .string(subresource.plainText(limit: 63)) }
        if let decision {
            metadata["policy"] = .string(decision.policyName ?? "built-in")
            if let skipped = decision.skipped { metadata["skipped"] = .string(skipped.rawValue) }
            if !decision.containers.isEmpty { metadata["classes"] = .string(AdmissionResponse.classes(of: decision)) }
            if !decision.findings.isEmpty { metadata["findings"] = .string(AdmissionResponse.codes(of: decision)) }
            let codes = Set(decision.containers.compactMap { $0.unresolved?.code.rawValue })
            if !codes.isEmpty { metadata["unresolved"] = .string(codes.sorted().joined(separator: " ")) }
        }
        logger.log(level: level, "admission", metadata: metadata)
    }

    /// The duration in milliseconds, to three decimal places.
    private static func milliseconds(_ duration: Duration) -> Double {
        let microseconds = duration.components.seconds * 1_000_000 + duration.components.attoseconds / 1_000_000_000_000
        return Double(microseconds) / 1000
    }
}
