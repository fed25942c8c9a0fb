import JSON
public import Logging
public import NIOCore
public import PodAdmission

/// Answers admission reviews: bytes in, bytes out, with nothing between them that knows of sockets.
///
/// What is a review always gets a valid one back; only what is none gets status 400.
public struct AdmissionHandler: Sendable {
    private let environment: AdmissionEnvironment
    private let images: any ImageResolving
    private let metrics: AdmissionMetrics
    private let log: DecisionLog

    /// Creates a handler.
    ///
    /// - Parameters:
    ///   - environment: The policies in force and what else a decision rests on.
    ///   - images: Answers what images are.
    ///   - logger: Gets one line at `info` for every decision.
    ///   - metrics: The metrics of the decisions.
    public init(
        environment: AdmissionEnvironment,
        images: any ImageResolving,
        logger: Logger,
        metrics: AdmissionMetrics = AdmissionMetrics()
    ) {
        self.environment = environment
        self.images = images
        self.metrics = metrics
        self.log = DecisionLog(logger: logger)
    }

    /// Answers one review.
    ///
    /// - Parameters:
    ///   - body: The review in JSON.
    ///   - stage: Which webhook is asked.
    ///   - deadline: When the answer has to be there; images unknown by then count as unresolved.
    /// - Returns: The reply.
    public func answer(
        _ body: ByteBuffer,
        stage: AdmissionStage,
        deadline: ContinuousClock.Instant
    ) async -> HTTPReply {
        let began = ContinuousClock.now
        let request: AdmissionRequest
        switch Self.parse(body) {
        case .success(let parsed): request = parsed
        case .failure(let error):
            metrics.count(.badRequest, stage: stage)
            return .badRequest(error.reason)
        }
        var answer = AdmissionResponse(uid: request.uid)
        let subject = AdmissionSubject(request)
        let labels = subject == .other ? nil : await environment.namespaceLabels(request.namespace)
        guard labels != nil || subject == .other || !needsLabels(request) else {
            metrics.count(.unknownNamespace, stage: stage, subject: subject)
            return .unavailable("the labels of the namespace, which a policy asks for, are not known")
        }
        var decided: DecidedAdmission?
        var result = AdmissionResult.skipped
        do throws(FieldError) {
            switch subject {
            case .pod: decided = try await decidePod(request, labels: labels, stage: stage, deadline: deadline)
            case .workload where stage == .validating:
                decided = try await decideWorkload(request, labels: labels, deadline: deadline)
            case .workload, .other: break
            }
            if let decided { result = answer.apply(decided.decision, stage: stage) }
        } catch {
            // The API server checks every field itself and says what is wrong with it better than a webhook could.
            answer.warnings = ["polypod: not looked at: \(error.description)"]
            result = .unreadable
        }
        let duration = ContinuousClock.now - began
        metrics.record(result, decision: decided?.decision, stage: stage, subject: subject, duration: duration)
        // What the server tries itself with is no news.
        let isProbe = environment.isProbe(namespace: request.namespace, isDryRun: request.isDryRun)
        let level: Logger.Level = isProbe ? .debug : .info
        log.write(request, stage: stage, result: result, decision: decided?.decision, duration: duration, level: level)
        if let decided { environment.decided(decided) }
        return .review(answer.bytes())
    }

    /// Whether who decides has to know the namespace's labels.
    ///
    /// Without them a policy for labelled namespaces would be passed over; so the webhook's failurePolicy decides.
    private func needsLabels(_ request: AdmissionRequest) -> Bool {
        !environment.isProbe(namespace: request.namespace, isDryRun: request.isDryRun)
            && environment.policies().asksForNamespaceLabels
    }

    /// A handler for a server that counts what never became a review.
    func count(_ result: AdmissionResult, stage: AdmissionStage) { metrics.count(result, stage: stage) }

    private static func parse(_ body: ByteBuffer) -> Result<AdmissionRequest, ReviewError> {
        body.withUnsafeReadableBytes { bytes in
            let document: JSONValue
            do throws(JSONError) { document = try JSONParser.parse(bytes) } catch {
                return .failure(ReviewError(error.description))
            }
            do throws(ReviewError) { return .success(try AdmissionRequest(document)) } catch { return .failure(error) }
        }
    }
}

extension AdmissionHandler {
    /// Decides on a Pod; nil where the request has none, or an operation that nobody knows.
    private func decidePod(
        _ request: AdmissionRequest,
        labels: [String: String]?,
        stage: AdmissionStage,
        deadline: ContinuousClock.Instant
    ) async throws(FieldError) -> DecidedAdmission? {
        guard let object = request.object, let operation = AdmissionOperation(rawValue: request.operation) else {
            return nil
        }
        let pod = try Pod(object)
        var context = circumstances(of: request, labels: labels, stage: stage, operation: operation)
        context.oldPod = try request.oldObject.map { old throws(FieldError) in try Pod(old) }
        let policy = policy(for: pod, context: context)
        let query = ImageQuery(
            imagesToInspect(in: pod, context: context, policy: policy),
            pullSecrets: PullSecretsQuery(
                namespace: context.namespace,
                imagePullSecrets: pod.spec.imagePullSecrets
            ),
            preference: policy.entryPreference,
            deadline: deadline
        )
        return DecidedAdmission(
            stage: stage,
            operation: operation,
            namespace: context.namespace,
            metadata: pod.metadata,
            isDryRun: context.isDryRun,
            decision: decide(pod, context: context, images: await images.answers(to: query), policy: policy)
        )
    }

    /// What of a decision's circumstances is not in the object.
    private func circumstances(
        of request: AdmissionRequest,
        labels: [String: String]?,
        stage: AdmissionStage,
        operation: AdmissionOperation
    ) -> AdmissionContext {
        AdmissionContext(
            stage: stage,
            operation: operation,
            subresource: request.subresource,
            username: request.username,
            namespace: request.namespace,
            isDryRun: request.isDryRun,
            namespaceLabels: labels,
            cluster: environment.cluster()
        )
    }

    /// The policy for a Pod.
    private func policy(for pod: Pod, context: AdmissionContext) -> WasmPolicy {
        guard !environment.isProbe(namespace: context.namespace, isDryRun: context.isDryRun) else {
            return WasmPolicy()
        }
        return environment.policies().policy(for: pod, namespace: context.namespace, labels: context.namespaceLabels)
    }
}

extension AdmissionHandler {
    /// The longest that a person who applies a workload waits for registries.
    ///
    /// The look-ups go on when it is over, so that the Pods' admissions find their results.
    private static let patience = Duration.seconds(3)

    /// Decides on a workload by the Pods that it will have; nil where the request has none.
    private func decideWorkload(
        _ request: AdmissionRequest,
        labels: [String: String]?,
        deadline: ContinuousClock.Instant
    ) async throws(FieldError) -> DecidedAdmission? {
        guard let object = request.object, let operation = AdmissionOperation(rawValue: request.operation),
            let workload = try Self.workload(object, namespace: request.namespace)
        else { return nil }
        let context = circumstances(of: request, labels: labels, stage: .validating, operation: operation)
        let policy = policy(for: workload.pod, context: context)
        let before = try request.oldObject.flatMap { old throws(FieldError) in
            try Self.workload(old, namespace: request.namespace)
        }
        var decision = Decision()
        decision.policyName = policy.name
        decision.skipped = reasonToSkip(workload, before: before, context: context, policy: policy)
        if decision.skipped == nil {
            decision = try await evaluate(
                workload,
                document: object,
                context: context,
                policy: policy,
                deadline: min(deadline, .now + Self.patience)
            )
        }
        return DecidedAdmission(
            stage: .validating,
            operation: operation,
            kind: workload.kind,
            namespace: context.namespace,
            metadata: workload.metadata,
            isDryRun: context.isDryRun,
            decision: decision
        )
    }

    /// The namespace counts that the request names; the object may lack it.
    private static func workload(_ object: JSONValue, namespace: String) throws(FieldError) -> Workload? {
        var workload = try Workload(object)
        workload?.pod.metadata.namespace = namespace
        return workload
    }

    /// Decides on a Pod of the workload as both webhooks will.
    private func evaluate(
        _ workload: Workload,
        document: JSONValue,
        context: AdmissionContext,
        policy: WasmPolicy,
        deadline: ContinuousClock.Instant
    ) async throws(FieldError) -> Decision {
        let query = ImageQuery(
            WorkloadEvaluation.imagesToInspect(in: workload, context: context, policy: policy),
            pullSecrets: PullSecretsQuery(
                namespace: context.namespace,
                imagePullSecrets: workload.pod.spec.imagePullSecrets,
                serviceAccountName: workload.pod.spec.serviceAccountName ?? "default"
            ),
            preference: policy.entryPreference,
            deadline: deadline
        )
        let evaluation = try WorkloadEvaluation(
            workload,
            document: document,
            context: context,
            images: await images.answers(to: query),
            policy: policy
        )
        return evaluation.decision
    }
}

/// What a review is about, as far as it matters: a bounded set, fit for a metric's label.
enum AdmissionSubject: String, CaseIterable {
    /// A Pod, or a subresource of one.
    case pod
    /// An object with the template of Pods.
    case workload
    /// Anything else.
    case other

    /// Looks at the request's kind.
    init(_ request: AdmissionRequest) {
        if request.isPod {
            self = .pod
        } else if request.subresource == nil, Workload.isKind(request.kind, group: request.group) {
            self = .workload
        } else {
            self = .other
        }
    }
}
