import ImageRegistry
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
    /// The requests made in all, those for the program behind a pinned index among them.
    var requests: Int
    /// What the container's program would be.
    var program: [String]

    /// Looks `image` up.
    static func inspect(
        _ image: String,
        with inspector: ImageInspector,
        policy: WasmPolicy,
        deadline: ContinuousClock.Instant
    ) async -> ImageInspection {
        let report = await report(on: image, with: inspector, deadline: deadline)
        let verdict = verdict(of: image, answer: report.answer, policy: policy)
        var inspection = ImageInspection(
            image: image,
            verdict: verdict,
            report: report,
            requests: report.roundTrips,
            program: verdict.program
        )
        // An index does not hold the program; the manifest that it is pinned to does.
        if verdict.program.isEmpty, let pin = verdict.pin, let reference = try? ImageReference(image) {
            let pinned = reference.pinned(to: pin)
            let behind = await Self.report(on: pinned, with: inspector, deadline: deadline)
            inspection.requests += behind.roundTrips
            inspection.program = Self.verdict(of: pinned, answer: behind.answer, policy: policy).program
        }
        return inspection
    }

    private static func report(
        on image: String,
        with inspector: ImageInspector,
        deadline: ContinuousClock.Instant
    ) async -> ImageReport {
        await inspector.reports(on: [image], deadline: deadline)[0]
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
            "program": .array(program.map { .string($0) }), "reason": reason.map { .string($0) } ?? .null,
            "requests": .number(String(requests)),
        ]
    }
}

extension ContainerVerdict {
    /// The evidence as a list of signals and values.
    var evidenceJSON: JSONValue {
        .array(evidence.map { ["signal": .string($0.signal.rawValue), "value": .string($0.value)] })
    }
}
