import JSON
public import Logging
public import NIOCore
public import PodAdmission

/// Answers admission reviews: bytes in, bytes out, with nothing between them that knows of sockets.
///
/// What is a review always gets a valid one back; only what is none gets status 400.
public struct AdmissionHandler: Sendable {
    let environment: AdmissionEnvironment
    let images: any ImageResolving
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
