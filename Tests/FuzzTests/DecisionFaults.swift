import JSON

@testable import PodAdmission

/// What has to hold for a decision on any Pod.
struct DecisionFaults {
    /// Wasm images come from one registry only.
    private static let policy: WasmPolicy = {
        var policy = WasmPolicy()
        policy.mode = .enforce
        policy.images.allowed = [ImagePattern("trusted.test/*")]
        return policy
    }()

    /// Decides on a workload under two policies as both webhooks do, and once more, as the API server can call twice.
    ///
    /// - Parameters:
    ///   - workload: The workload.
    ///   - document: The object that it was read from.
    ///   - context: The context of the request; nil for creating the workload's Pods.
    /// - Returns: What does not hold; nil if all is well.
    static func first(of workload: Workload, document: JSONValue, context: AdmissionContext? = nil) -> String? {
        let context = context ?? WorkloadEvaluation.context(of: workload)
        for policy in [WasmPolicy(), policy] {
            let images = answers(workload, context, policy)
            let evaluation: WorkloadEvaluation
            let mutated: Workload
            do throws(FieldError) {
                evaluation = try WorkloadEvaluation(
                    workload,
                    document: document,
                    context: context,
                    images: images,
                    policy: policy
                )
                guard let again = try Workload(evaluation.mutatedDocument) else { return "patched, it is no workload" }
                mutated = again
            } catch {
                return "the patch cannot be applied: \(error)"
            }
            var second = context
            second.stage = .mutating
            let known = answers(mutated, second, policy)
            let repeated = decide(mutated.pod, context: second, images: known, policy: policy)
            guard repeated.patch.isEmpty || evaluation.mutating.skipped != nil else {
                return "a second call writes \(repeated.patch.map(\.pointer))"
            }
            for line in evaluation.mutating.warnings + evaluation.validating.warnings {
                guard line.count <= 120, !line.hasControlCharacter else {
                    return "a warning that is not one short line"
                }
            }
            let validating = evaluation.validating
            guard policy.images.restrictsWasm, validating.skipped == nil, validating.isAllowed else { continue }
            for verdict in validating.containers where verdict.containerClass == .wasm {
                let image = verdict.moduleVolume?.volume.image ?? verdict.container.image
                let name = (try? ImageReference(image ?? ""))?.name ?? ""
                guard name.hasPrefix("trusted.test/") else { return "a module that the policy does not allow" }
            }
        }
        return nil
    }

    /// An answer about every image: of all kinds, chosen by the length of the reference.
    private static func answers(
        _ workload: Workload,
        _ context: AdmissionContext,
        _ policy: WasmPolicy
    ) -> [String: ImageAnswer] {
        let references = imagesToInspect(in: workload.pod, context: context, policy: policy)
        return Dictionary(uniqueKeysWithValues: references.map { ($0, answer($0)) })
    }

    private static let module = ImageDescription(
        digest: "sha256:" + String(repeating: "a", count: 64),
        platform: Platform("wasi/wasm"),
        entrypoint: ["/app.wasm"]
    )
    private static let program = ImageDescription(
        digest: "sha256:" + String(repeating: "b", count: 64),
        platform: Platform("linux/amd64"),
        entrypoint: ["/bin/app"]
    )

    private static func answer(_ reference: String) -> ImageAnswer {
        // A reference that the first call has pinned.
        for image in [module, program] where reference.hasSuffix(image.digest) {
            return .resolved(ImageFacts(digest: image.digest, content: .image(image)), staleSeconds: nil)
        }
        let index = "sha256:" + String(repeating: "c", count: 64)
        let entries = [module, program].map { IndexEntry(digest: $0.digest, platform: $0.platform) }
        let facts =
            switch reference.utf8.count % 5 {
            case 0: ImageFacts(digest: module.digest, content: .image(module))
            case 1: ImageFacts(digest: program.digest, content: .image(program))
            case 2: ImageFacts(digest: index, content: .index([entries[0]], read: [IndexedImage(module)]))
            case 3:
                ImageFacts(digest: index, content: .index(entries, read: [module, program].map { IndexedImage($0) }))
            default: nil as ImageFacts?
            }
        return facts.map { .resolved($0, staleSeconds: nil) }
            ?? .unresolved(UnresolvedReason(.notFound, "registry.test: not found"))
    }
}
