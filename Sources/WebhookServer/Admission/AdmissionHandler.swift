import Basics
import JSON
public import Logging
import NIOCore
public import PodAdmission

/// Answers admission reviews: bytes in, bytes out, independent of HTTP connections.
///
/// It returns a valid AdmissionReview for any well-formed review, otherwise status 400; status 503 if the labels of the
/// namespace are needed and not known.
public struct AdmissionHandler: Sendable {
    let metrics: AdmissionMetrics
    private let evaluator: AdmissionEvaluator
    private let log: DecisionLog
    private let turn = AsyncLock()

    /// The size of a review in bytes from which reviews are parsed one after another.
    static let largeReview = 64 << 10

    private var environment: AdmissionEnvironment { evaluator.environment }

    /// Creates a handler.
    ///
    /// - Parameters:
    ///   - environment: The policies, the knowledge of the cluster, and the receiver of the decisions.
    ///   - images: Answers what images are.
    ///   - logger: Gets one line at `info` for every decision; at `debug` for a self-probe.
    ///   - metrics: The metrics of the admissions; those of the process by default.
    public init(
        environment: AdmissionEnvironment,
        images: any ImageResolving,
        logger: Logger,
        metrics: AdmissionMetrics = AdmissionMetrics()
    ) {
        self.evaluator = AdmissionEvaluator(environment: environment, images: images, turn: turn)
        self.metrics = metrics
        self.log = DecisionLog(logger: logger)
    }

    /// Answers one review.
    ///
    /// - Parameters:
    ///   - body: The review in JSON.
    ///   - stage: The webhook that the API server called.
    ///   - deadline: The time by which the reply must be ready; images that are not known by then are unresolved.
    /// - Returns: The reply.
    func answer(
        _ body: ByteBuffer,
        stage: AdmissionStage,
        deadline: ContinuousClock.Instant
    ) async -> HTTPReply {
        let start = ContinuousClock.now
        let request: AdmissionRequest
        // Why the object cannot be read, although the rest of the review can.
        var obstacle: FieldError?
        switch await read(body) {
        case .success(let parsed): request = parsed
        case .failure(let error):
            guard let outline = error.outline else {
                metrics.count(.badRequest, stage: stage)
                return .badRequest(error.reason)
            }
            request = outline
            obstacle = FieldError(error.reason)
        }
        let subject = request.subject
        let labels = subject == .other ? nil : await environment.namespaceLabels(request.namespace)
        guard labels != nil || subject == .other || !needsLabels(request) else {
            metrics.count(.unknownNamespace, stage: stage, subject: subject)
            return .unavailable("a policy selects by the namespace's labels, which are not known yet; try again")
        }
        var response = AdmissionResponse(uid: request.uid)
        var admission: DecidedAdmission?
        var result = AdmissionResult.skipped
        do throws(FieldError) {
            if let obstacle { throw obstacle }
            admission = try await evaluator.decide(
                request,
                labels: labels,
                stage: stage,
                deadline: deadline
            )
            if let admission { result = response.apply(admission.decision, stage: stage) }
        } catch {
            if let refusal = evaluator.refusal(of: request, labels: labels, because: error) {
                result = response.apply(refusal, stage: stage)
            } else if obstacle == nil {
                // The API server validates every field itself, with a better message than a webhook can give.
                response.warnings = ["polypod: not looked at: \(error.description)"]
                result = .unreadable
            } else {
                metrics.count(.badRequest, stage: stage, subject: subject)
                return .badRequest(error.description)
            }
        }
        let decision = admission?.decision
        let duration = ContinuousClock.now - start
        metrics.record(result, decision: decision, stage: stage, subject: subject, duration: duration)
        let isProbe = environment.isProbe(namespace: request.namespace, isDryRun: request.isDryRun)
        let level: Logger.Level = isProbe ? .debug : .info
        log.write(request, stage: stage, result: result, decision: decision, duration: duration, level: level)
        if let admission { environment.decided(admission) }
        return .review(response.bytes())
    }

    /// Whether the choice of the policy needs the namespace's labels.
    ///
    /// Without the labels a policy that selects by them would not apply. The handler returns an error instead, so that
    /// the webhook's failurePolicy decides.
    private func needsLabels(_ request: AdmissionRequest) -> Bool {
        !environment.isProbe(namespace: request.namespace, isDryRun: request.isDryRun)
            && environment.policies().asksForNamespaceLabels
    }

    /// The longest body whose object is read, in bytes; a parsed body needs about eight times its size.
    private static let longestObject = 7 << 20

    /// Reads a review; a large one waits until no other large one is read.
    private func read(_ body: ByteBuffer) async -> Result<AdmissionRequest, ReviewError> {
        guard body.readableBytes > Self.largeReview else { return Self.parse(body) }
        return await turn.withLock { Self.parse(body) } ?? .failure(ReviewError("the client has gone"))
    }

    private static func parse(_ body: ByteBuffer) -> Result<AdmissionRequest, ReviewError> {
        body.withUnsafeReadableBytes { bytes in
            guard bytes.count <= longestObject else {
                return .failure(ReviewError("longer than \(longestObject >> 20) MiB", outline: outline(bytes, body)))
            }
            let document: JSONValue
            do throws(JSONError) { document = try JSONParser.parse(bytes) } catch {
                return .failure(ReviewError(error.description, outline: error.isLimit ? outline(bytes, body) : nil))
            }
            do throws(ReviewError) { return .success(try AdmissionRequest(document, body: body)) } catch {
                return .failure(error)
            }
        }
    }

    /// The review without what is in its objects: the fields of the request and its kind are at a depth of three, those of `metadata` at four.
    private static func outline(_ bytes: UnsafeRawBufferPointer, _ body: ByteBuffer) -> AdmissionRequest? {
        (try? JSONParser.outline(bytes, depth: 4)).flatMap { try? AdmissionRequest($0, body: body) }
    }
}

/// The reply to one request, without the parts of HTTP that depend on the connection.
struct HTTPReply: Sendable {
    /// The HTTP status: 200 for every valid review whatever the decision, 400 for an invalid one, 503 if too little is
    /// known to decide.
    let status: Int
    /// The media type of the body.
    let contentType: String
    /// A review in JSON, or one line with the reason why there is no review.
    let body: ByteBuffer

    static func review(_ bytes: [UInt8]) -> HTTPReply {
        HTTPReply(status: 200, contentType: "application/json", body: ByteBuffer(bytes: bytes))
    }

    static func unavailable(_ reason: String) -> HTTPReply {
        HTTPReply(status: 503, contentType: "text/plain; charset=utf-8", body: ByteBuffer(string: reason + "\n"))
    }

    static func badRequest(_ reason: String) -> HTTPReply {
        HTTPReply(status: 400, contentType: "text/plain; charset=utf-8", body: ByteBuffer(string: reason + "\n"))
    }
}
