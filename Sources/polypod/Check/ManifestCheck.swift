import JSON
import Manifests
import PodAdmission

/// The work of `polypod check`: reads manifests, looks their images up, and decides on their Pods.
struct ManifestCheck: Sendable {
    /// The policies of `--policy`.
    let policies: PolicySet
    /// Answers what images are.
    let images: any ImageResolving
    /// How long registries may take, all images together.
    let timeout: Duration

    /// One image with what decides how much of it has to be read.
    private struct Question: Hashable {
        let image: String
        let preference: EntryPreference
    }

    /// Checks `documents`.
    ///
    /// - Throws: ``BadInput`` for an object that is not a Kubernetes object, with file, line and field.
    func report(on documents: [SourceDocument]) async throws -> CheckReport {
        let start = ContinuousClock.now
        var report = CheckReport()
        let namespaces = try ManifestNamespaces(documents)
        let pods = try documents.map { try ManifestPod($0, namespaces: namespaces, policies: policies) }
        report.policyWarning = namespaces.warning(
            about: policies,
            namespaces: pods.compactMap { $0?.context.namespace }
        )
        let answers = await lookUp(pods.compactMap { $0 }, deadline: start + timeout, counting: &report)
        for (document, pod) in zip(documents, pods) {
            guard let pod else {
                report.passedOver += 1
                report.admitted.append(document.value)
                continue
            }
            let questions = pod.images.map { Question(image: $0, preference: pod.policy.entryPreference) }
            let known = Dictionary(uniqueKeysWithValues: questions.map { ($0.image, answers[$0]) })
            let evaluation = try pod.evaluation(images: known.compactMapValues { $0 })
            let result = CheckResult(file: document.file, line: document.line, evaluation: evaluation)
            report.results.append(result)
            if result.isAllowed { report.admitted.append(evaluation.mutatedDocument) }
        }
        report.elapsed = start.duration(to: .now)
        return report
    }

    /// Looks up the images of all Pods, each once.
    private func lookUp(
        _ pods: [ManifestPod],
        deadline: ContinuousClock.Instant,
        counting report: inout CheckReport
    ) async -> [Question: ImageAnswer] {
        let questions = Set(
            pods.flatMap { pod in
                pod.images.map { Question(image: $0, preference: pod.policy.entryPreference) }
            }
        ).sorted { $0.image < $1.image }
        let images = images
        let reports = await lookUpSideBySide(questions, label: "looking up images") { question in
            let query = ImageQuery([question.image], preference: question.preference, deadline: deadline)
            return (question, await images.reports(on: query))
        }
        var answers: [Question: ImageAnswer] = [:]
        for (question, found) in reports {
            answers[question] = found.first?.answer
            report.requests += found.reduce(0) { $0 + $1.roundTrips }
        }
        report.images = questions.count
        return answers
    }
}

/// The Pods of one object as they are about to be created, with the policy that decides on them.
struct ManifestPod {
    /// The context of the Pods' creation.
    let context: AdmissionContext
    /// The policy that decides.
    let policy: WasmPolicy
    private let document: SourceDocument
    private let workload: Workload

    /// Reads the object; nil for an object that contains no Pod.
    ///
    /// - Throws: ``BadInput`` with file, line and field.
    init?(_ document: SourceDocument, namespaces: ManifestNamespaces, policies: PolicySet) throws {
        let read: Workload?
        do throws(FieldError) { read = try Workload(document.value) } catch { throw document.badInput(error) }
        guard let workload = read else { return nil }
        self.document = document
        self.workload = workload
        let namespace = workload.pod.metadata.namespace ?? "default"
        context = WorkloadEvaluation.context(of: workload, namespaceLabels: namespaces[namespace])
        policy = policies.policy(for: workload.pod, namespace: namespace, labels: namespaces[namespace])
    }

    /// The images to look up.
    var images: [String] {
        WorkloadEvaluation.imagesToInspect(in: workload, context: context, policy: policy)
    }

    /// The decisions of both webhooks.
    ///
    /// - Throws: ``BadInput`` where the patch does not apply.
    func evaluation(images: [String: ImageAnswer]) throws -> WorkloadEvaluation {
        do throws(FieldError) {
            return try WorkloadEvaluation(
                workload,
                document: document.value,
                context: context,
                images: images,
                policy: policy
            )
        } catch {
            throw document.badInput(error)
        }
    }
}
