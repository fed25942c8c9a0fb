import JSON
import PodAdmission

/// The result of `polypod inspect` for one image.
struct ImageInspection: Sendable {
    /// The reference as given.
    let image: String
    /// The class of a container with this image in a Pod without settings.
    let verdict: ContainerVerdict
    /// The answer of the look-up, with its requests and time.
    let report: ImageReport

    /// Looks up `image`.
    ///
    /// - Parameters:
    ///   - image: The reference.
    ///   - images: Answers what images are.
    ///   - policy: The policy that decides on the container.
    ///   - deadline: The time by which registries must answer.
    /// - Returns: The result; nil if the look-up gave no report.
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

    /// The platforms of the image in the registry.
    var platforms: [Platform] {
        if case .resolved(let facts, _) = report.answer { facts.platforms } else { [] }
    }

    /// The reason why the image cannot run or its class is unknown; nil if there is none.
    var reason: String? {
        verdict.unrunnable.map { "\($0.explanation); \($0.remedy)" } ?? verdict.unresolved?.detail
    }

    /// The result for `-o json`.
    var json: JSONValue {
        [
            "image": .string(image), "class": .string(verdict.containerClass.rawValue),
            "evidence": verdict.evidenceJSON, "digest": verdict.digest.map { .string($0) } ?? .null,
            "platforms": .array(platforms.map { .string($0.description) }),
            "program": .array(verdict.program.map { .string($0) }), "reason": reason.map { .string($0) } ?? .null,
            "requests": .number(String(report.roundTrips)),
        ]
    }

    /// The result for people.
    func text(for terminal: Terminal) -> String {
        var lines: [(String, String)] = [("class", classText(for: terminal))]
        lines.append(("evidence", verdict.evidence.map(\.value).joined(separator: terminal.dot)))
        if platforms.count > 1 {
            lines.append(("platforms", platforms.map(\.description).joined(separator: ", ")))
        }
        if !verdict.program.isEmpty {
            lines.append(("program", verdict.program.map(\.shellQuoted).joined(separator: " ")))
        }
        if let digest = verdict.digest {
            let why = verdict.pin == nil ? "" : "   pinned, because the index contains no entry that a node would pull"
            lines.append((verdict.pin == nil ? "digest" : "pulls as", digest + why))
        }
        if let reason { lines.append(("reason", reason)) }
        lines.append(("asked", asked))
        let body = lines.map { "  \($0.0.padding(to: 11))\($0.1)\n" }.joined()
        return terminal.styled(image, .heading) + "\n" + body
    }

    private func classText(for terminal: Terminal) -> String {
        switch verdict.containerClass {
        case .wasm: terminal.styled("wasm", .wasm) + ", runs under crun with WasmEdge"
        case .native: "native, runs as any Linux container"
        case .notRunnable: terminal.styled("not-runnable", .denied) + ", Wasm that crun cannot run"
        case .unknown: terminal.styled("unknown", .warned)
        }
    }

    private var asked: String {
        guard let registry = report.registry else { return "no registry" }
        let through = report.endpoint.flatMap { $0 == registry ? nil : " through \($0)" } ?? ""
        let credential = report.credential.map { ", \($0.rawValue)" } ?? ""
        return
            "\(registry)\(through), \(report.roundTrips) request\(report.roundTrips == 1 ? "" : "s"), \(report.elapsed.milliseconds) ms\(credential)"
    }
}

extension ContainerVerdict {
    /// The evidence for `-o json`: a list of signals and values.
    var evidenceJSON: JSONValue {
        .array(evidence.map { ["signal": .string($0.signal.rawValue), "value": .string($0.value)] })
    }
}
