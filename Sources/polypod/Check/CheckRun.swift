import ImageRegistry
import JSON
import PodAdmission

/// What `polypod check` found out about one workload.
struct CheckResult: Sendable {
    /// The file and line it starts at.
    let file: String
    let line: Int
    /// The way of its Pod through both webhooks.
    let rehearsal: WorkloadEvaluation
    /// What the validating webhook says.
    let validating: Decision

    /// Whether its Pods would be admitted.
    var isAllowed: Bool { validating.isAllowed }
    /// Whether its Pods would be changed.
    var isChanged: Bool { !rehearsal.patch.isEmpty }
    /// Whether a container is neither Wasm nor native for certain.
    var isUnresolved: Bool { rehearsal.mutating.containers.contains { $0.containerClass == .unknown } }
}

/// What `polypod check` found out about everything it was given.
struct CheckRun: Sendable {
    /// The workloads, in the order they were given.
    var objects: [CheckResult] = []
    /// Every object as it would be admitted, those that hold no Pod included, those denied left out.
    var admitted: [JSONValue] = []
    /// The number of objects that hold no Pod.
    var passedOver = 0
    /// How many images were looked up, and with how many requests.
    var images = 0
    var requests = 0
    /// How long the look-ups took.
    var elapsed = Duration.zero
    /// What a person should know of the choice of policies; nil for nothing.
    var policyWarning: String?

    /// Checks `documents`.
    ///
    /// - Throws: ``BadInput`` for an object that is no Kubernetes object, with file, line and field.
    static func check(
        _ documents: [SourceDocument],
        policies: PolicySet,
        inspector: ImageInspector,
        timeout: Duration
    ) async throws -> CheckRun {
        let start = ContinuousClock.now
        let deadline = start + timeout
        var run = CheckRun()
        let namespaces = try ManifestNamespaces(documents)
        let creations = try documents.map { try ManifestPod($0, namespaces: namespaces, policies: policies) }
        run.policyWarning = namespaces.warning(
            about: policies,
            namespaces: creations.compactMap { $0?.circumstances.namespace }
        )
        var answers: [String: ImageAnswer] = [:]
        try await run.lookUp(
            creations.flatMap { $0?.images ?? [] },
            into: &answers,
            inspector: inspector,
            deadline: deadline
        )
        let rehearsals = try creations.map { try $0?.rehearsal(images: answers) }
        try await run.lookUp(
            rehearsals.flatMap { $0?.imagesToValidate ?? [] },
            into: &answers,
            inspector: inspector,
            deadline: deadline
        )
        for (document, rehearsal) in zip(documents, rehearsals) {
            guard let rehearsal else {
                run.passedOver += 1
                run.admitted.append(document.value)
                continue
            }
            let object = CheckResult(
                file: document.file,
                line: document.line,
                rehearsal: rehearsal,
                validating: rehearsal.validating(images: answers)
            )
            run.objects.append(object)
            if object.isAllowed { run.admitted.append(rehearsal.mutatedDocument) }
        }
        run.elapsed = start.duration(to: .now)
        return run
    }

    private mutating func lookUp(
        _ images: [String],
        into answers: inout [String: ImageAnswer],
        inspector: ImageInspector,
        deadline: ContinuousClock.Instant
    ) async throws {
        let missing = Set(images).subtracting(answers.keys).sorted()
        let reports = await lookUpSideBySide(missing, label: "looking up images") { image in
            await inspector.reports(on: [image], deadline: deadline)
        }
        for report in reports.flatMap({ $0 }) {
            answers[report.image] = report.answer
            requests += report.roundTrips
        }
        self.images += missing.count
    }
}
