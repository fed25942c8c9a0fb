public import ImageRegistry
public import Logging
public import NIOCore
public import PodAdmission

/// Answers admission reviews: bytes in, bytes out, with nothing between them that knows of sockets.
///
/// What is a review always gets a valid one back; only what is none gets status 400.
public struct AdmissionHandler: Sendable {
    private let environment: AdmissionEnvironment
    private let inspector: any ImageInspecting
    private let metrics: AdmissionMetrics
    private let log: DecisionLog

    /// Creates a handler.
    ///
    /// - Parameters:
    ///   - environment: The policies in force and what else a decision rests on.
    ///   - inspector: Who is asked about images.
    ///   - logger: Gets one line at `info` for every decision.
    ///   - metrics: The metrics of the decisions.
    public init(
        environment: AdmissionEnvironment,
        inspector: any ImageInspecting,
        logger: Logger,
        metrics: AdmissionMetrics = AdmissionMetrics()
    ) {
        self.environment = environment
        self.inspector = inspector
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
    ) async -> AdmissionReply {
        let began = ContinuousClock.now
        let request: AdmissionRequest
        switch Self.parse(body) {
        case .success(let parsed): request = parsed
        case .failure(let error):
            metrics.count(.badRequest, stage: stage)
            return .badRequest(error.reason)
        }
        var answer = AdmissionAnswer(uid: request.uid)
        var decided: Decision?
        var result = AdmissionResult.skipped
        if request.isPod, let object = request.object, let operation = AdmissionOperation(rawValue: request.operation) {
            do throws(FieldError) {
                let pod = try Pod(object)
                let context = try Self.context(of: request, stage: stage, operation: operation)
                let policy = environment.policies().policy(for: pod, namespace: context.namespace)
                let images = await answers(for: pod, context: context, policy: policy, deadline: deadline)
                let decision = decide(pod, context: context, images: images, policy: policy)
                result = answer.apply(decision, stage: stage)
                decided = decision
            } catch {
                // The API server checks every field itself and says what is wrong with it better than a webhook could.
                answer.warnings = ["polypod: not looked at: \(error.description)"]
                result = .unreadable
            }
        }
        let duration = ContinuousClock.now - began
        metrics.record(result, decision: decided, stage: stage, duration: duration)
        log.write(request, stage: stage, result: result, decision: decided, duration: duration)
        return .review(answer.bytes())
    }

    /// A handler for a server that counts what never became a review.
    func count(_ result: AdmissionResult, stage: AdmissionStage) { metrics.count(result, stage: stage) }

    private func answers(
        for pod: Pod,
        context: AdmissionContext,
        policy: WasmPolicy,
        deadline: ContinuousClock.Instant
    ) async -> [String: ImageAnswer] {
        let images = imagesToInspect(in: pod, context: context, policy: policy)
        return images.isEmpty ? [:] : await inspector.answers(for: images, deadline: deadline)
    }

    private static func parse(_ body: ByteBuffer) -> Result<AdmissionRequest, ReviewError> {
        body.withUnsafeReadableBytes { bytes in
            let document: JSONValue
            do throws(JSONError) { document = try JSONParser.parse(bytes) } catch {
                return .failure(ReviewError(error.description))
            }
            do throws(ReviewError) { return .success(try AdmissionRequest(document)) } catch { return .failure(error) }
        }
    }

    private static func context(
        of request: AdmissionRequest,
        stage: AdmissionStage,
        operation: AdmissionOperation
    ) throws(FieldError) -> AdmissionContext {
        AdmissionContext(
            stage: stage,
            operation: operation,
            subresource: request.subresource,
            oldPod: try request.oldObject.map { old throws(FieldError) in try Pod(old) },
            username: request.username,
            namespace: request.namespace,
            isDryRun: request.isDryRun
        )
    }
}
