import JSON
import PodAdmission

/// What `polypod inspect` says of one image.
struct ImageInspection: Sendable {
    /// The reference as given.
    let image: String
    /// What a container of it would be, with nothing set in the Pod.
    let verdict: ContainerVerdict
    /// What the look-up took.
    let report: ImageReport
    /// Looks `image` up.
    static func inspect(
        _ image: String,
        with images: any ImageResolving,
        policy: WasmPolicy,
        deadline: ContinuousClock.Instant
    ) async -> ImageInspection? {
        let query = ImageQuery([image], preference: policy.entryPreference, deadline: deadline)
        guard let report = await images.reports(on: query).first else { return nil }
        return ImageInspection(
            image: image,
            verdict: verdict(of: image, answer: report.answer, policy: policy),
            report: report
        )
    }

    private static func verdict(of image: String, answer: ImageAnswer, policy: WasmPolicy) -> ContainerVerdict {
        let pod = Pod(spec: PodSpec(containers: [Container(name: "image", image: image)]))
        let context = AdmissionContext(stage: .mutating)
        return decide(pod, context: context, images: [image: answer], policy: policy).containers[0]
    }

    /// The platforms that the registry offers for the reference.
    var platforms: [Platform] {
        if case .resolved(let facts, _) = report.answer { facts.platforms } else { [] }
    }

    /// Why there is no class, or why the image cannot run; nil where all is well.
    var reason: String? {
        verdict.unrunnable.map { "\($0.explanation); \($0.remedy)" } ?? verdict.unresolved?.detail
    }

    /// The inspection in the documented form.
    var json: JSONValue {
        [
            "image": .string(image), "class": .string(verdict.containerClass.rawValue),
            "evidence": verdict.evidenceJSON, "digest": verdict.digest.map { .string($0) } ?? .null,
            "platforms": .array(platforms.map { .string($0.description) }),
            "program": .array(verdict.program.map { .string($0) }), "reason": reason.map { .string($0) } ?? .null,
            "requests": .number(String(report.roundTrips)),
        ]
    }
}

extension ContainerVerdict {
    /// The evidence as a list of signals and values.
    var evidenceJSON: JSONValue {
        .array(evidence.map { ["signal": .string($0.signal.rawValue), "value": .string($0.value)] })
    }
}
