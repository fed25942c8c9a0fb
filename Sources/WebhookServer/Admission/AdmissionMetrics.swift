public import Metrics
import PodAdmission

/// The metrics of admissions; each handle is created once, because creating one takes a lock and a look-up.
///
/// Every label has a bounded set of values; no text of a request or an image becomes a label.
public struct AdmissionMetrics: Sendable {
    private struct Key: Hashable {
        let subject: AdmissionSubject
        let result: AdmissionResult
    }

    private struct Stage: Sendable {
        let results: [Key: Counter]
        let duration: Timer

        init(_ stage: AdmissionStage, factory: any MetricsFactory) {
            let label = ("stage", stage.label)
            let keys = AdmissionSubject.allCases.flatMap { subject in
                AdmissionResult.allCases.map { Key(subject: subject, result: $0) }
            }
            results = Dictionary(
                uniqueKeysWithValues: keys.map { key in
                    let dimensions = [label, ("kind", key.subject.rawValue), ("result", key.result.rawValue)]
                    return (
                        key,
                        Counter(label: "polypod_admission_requests_total", dimensions: dimensions, factory: factory)
                    )
                }
            )
            duration = Timer(label: "polypod_admission_duration_seconds", dimensions: [label], factory: factory)
        }
    }

    private struct FindingKey: Hashable {
        let code: CheckCode
        let action: FindingAction
    }

    private let mutating: Stage
    private let validating: Stage
    private let findings: [FindingKey: Counter]
    private let containers: [ContainerClass: Counter]

    /// Creates the handles in `factory`, by default the factory of the process.
    public init(factory: any MetricsFactory = MetricsSystem.factory) {
        mutating = Stage(.mutating, factory: factory)
        validating = Stage(.validating, factory: factory)
        let keys = CheckCode.allCases.flatMap { code in
            [FindingAction.deny, .warn].map { FindingKey(code: code, action: $0) }
        }
        findings = Dictionary(
            uniqueKeysWithValues: keys.map { key in
                let dimensions = [("code", key.code.rawValue), ("action", key.action.rawValue)]
                return (key, Counter(label: "polypod_findings_total", dimensions: dimensions, factory: factory))
            }
        )
        containers = Dictionary(
            uniqueKeysWithValues: ContainerClass.allCases.map { containerClass in
                let dimensions = [("class", containerClass.rawValue)]
                return (
                    containerClass,
                    Counter(label: "polypod_containers_total", dimensions: dimensions, factory: factory)
                )
            }
        )
    }

    /// Counts a request that gets no decision.
    func count(_ result: AdmissionResult, stage: AdmissionStage, subject: AdmissionSubject = .other) {
        self[stage].results[Key(subject: subject, result: result)]?.increment()
    }

    /// Records a review that got a response.
    func record(
        _ result: AdmissionResult,
        decision: Decision?,
        stage: AdmissionStage,
        subject: AdmissionSubject,
        duration: Duration
    ) {
        self[stage].results[Key(subject: subject, result: result)]?.increment()
        self[stage].duration.record(duration: duration)
        guard let decision else { return }
        for finding in decision.findings {
            findings[FindingKey(code: finding.code, action: finding.action)]?.increment()
        }
        for container in decision.containers { containers[container.containerClass]?.increment() }
    }

    private subscript(stage: AdmissionStage) -> Stage {
        switch stage {
        case .mutating: mutating
        case .validating: validating
        }
    }
}

/// The result of a request: a bounded set, so that it can be a metric's label.
enum AdmissionResult: String, CaseIterable {
    /// Admitted without changes.
    case allowed
    /// Admitted with a patch.
    case patched
    /// Denied by policy.
    case denied
    /// Admitted without a check: not a Pod, or a Pod that Polypod does not handle.
    case skipped
    /// Admitted without a check, because a field of the object has the wrong type.
    case unreadable
    /// Not a valid review.
    case badRequest = "bad_request"
    /// Not decided, because a policy selects by labels of the namespace that are not known.
    case unknownNamespace = "unknown_namespace"
    /// Not decided, because the server is at one of its limits.
    case overloaded
    /// Not decided, because the body is too long.
    case tooLarge = "too_large"
    /// Not decided, because the body did not arrive in time.
    case tooSlow = "too_slow"
}

extension AdmissionStage {
    /// The stage in logs and metrics.
    var label: String {
        switch self {
        case .mutating: "mutate"
        case .validating: "validate"
        }
    }
}
