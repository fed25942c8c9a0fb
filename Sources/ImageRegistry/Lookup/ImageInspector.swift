import Basics
import Logging
public import PodAdmission

/// Looks up images in registries and caches the answers.
///
/// Any number of callers can ask at the same time; each image is looked up once for all of them. The look-ups run in
/// ``run()`` and not in the tasks of the callers. If the deadline of a caller passes, the look-up continues for the
/// other callers, and the next caller finds its result in the cache.
public final class ImageInspector: Sendable {
    private let transport: Transport
    let lookup: ImageLookup
    private let answers: AnswerStore
    private let lookups: SingleFlight<ImageLookup.Subject.Identity, ImageLookup.Subject, LookupResult>
    private let lookupsPerCall: Int
    private let metrics = LookupMetrics()
    private let logger: Logger

    /// Reads the files that the configuration names; it opens no connection.
    ///
    /// - Throws: ``SetupError`` for a file that cannot be used, an invalid proxy variable, and missing or invalid
    ///   settings of a cloud.
    public init(_ configuration: InspectorConfiguration = InspectorConfiguration()) throws(SetupError) {
        let transport = try configuration.transport()
        let answers = AnswerStore(configuration.answerCache, now: configuration.now)
        self.transport = transport
        self.answers = answers
        lookup = try configuration.lookup(transport: transport, answers: answers)
        lookups = SingleFlight(limit: configuration.lookups, shareLimit: configuration.lookupsPerNamespace)
        lookupsPerCall = configuration.lookupsPerAdmission
        logger = configuration.logger
    }

    /// Looks up images concurrently.
    ///
    /// A call waits for a look-up until its deadline. If another call started the look-up, the call stops waiting when
    /// the look-up is as old as the call's own time limit. Therefore only one admission waits for a registry that does
    /// not respond, and the next admissions do not wait for the same look-up again.
    ///
    /// - Parameters:
    ///   - images: The references as Pods contain them; repeated references are looked up once.
    ///   - credentials: The credentials of the Pod's pull secrets.
    ///   - preference: The index entries that the decision needs.
    ///   - namespace: The namespace of the Pod, whose share of look-ups is used; empty for the operator's own questions.
    ///   - deadline: When the function must return.
    /// - Returns: One report for every distinct reference, in the order of first appearance.
    public func reports(
        on images: [String],
        credentials: PullCredentials = PullCredentials(),
        preference: EntryPreference = EntryPreference(),
        namespace: String = "",
        deadline: ContinuousClock.Instant
    ) async -> [ImageReport] {
        var reports: [ImageReport] = []
        var missing: [Missing] = []
        var seen: Set<String> = []
        for image in images where seen.insert(image).inserted {
            let subject: ImageLookup.Subject
            do throws(ImageReference.Invalid) {
                subject = try lookup.subject(image, credentials, preference, namespace: namespace)
            } catch {
                let reason = UnresolvedReason(.badReference, error.reason)
                reports.append(ImageReport(image: image, answer: .unresolved(reason), isCached: false))
                continue
            }
            reports.append(report(on: image, subject, at: reports.count, missing: &missing))
        }
        if !missing.isEmpty { await complete(&reports, missing, deadline: deadline) }
        for index in reports.indices {
            reports[index].answer = credentials.explain(reports[index].answer)
            metrics.record(reports[index])
        }
        return reports
    }

    /// The report for a cached answer; otherwise adds the image to `missing`.
    private func report(
        on image: String,
        _ subject: ImageLookup.Subject,
        at index: Int,
        missing: inout [Missing]
    ) -> ImageReport {
        let registry = subject.image.registry
        switch answers.find(subject) {
        case .fresh(let answer), .stale(let answer), .negative(let answer):
            return ImageReport(image: image, answer: answer, registry: registry)
        case .missing(let fallback):
            missing.append(Missing(report: index, subject: subject, fallback: fallback))
            let late = RegistryFailure.noResponse(from: registry)
            return ImageReport(image: image, answer: .unresolved(late.reason), registry: registry, isCached: false)
        }
    }

    /// Waits for the look-ups of the missing images until the deadline, with a limited number of look-ups at once.
    ///
    /// An image whose look-up has not ended by then gets its old answer, or `deadline`. An image whose look-up has not
    /// started by then gets its old answer, or `overloaded`.
    private func complete(
        _ reports: inout [ImageReport],
        _ missing: [Missing],
        deadline: ContinuousClock.Instant
    ) async {
        let start = ContinuousClock.now
        var open = Set(missing.indices)
        var begun = 0
        await withTaskGroup(of: (index: Int, result: LookupResult?)?.self) { group in
            group.addTask {
                try? await Task.sleep(until: deadline, clock: .continuous)
                return nil
            }
            func begin() {
                guard begun < missing.count else { return }
                let (index, subject) = (begun, missing[begun].subject)
                begun += 1
                group.addTask { (index, await self.result(of: subject, start: start, deadline: deadline)) }
            }
            for _ in 0..<lookupsPerCall { begin() }
            while !open.isEmpty, case (let index, let result)?? = await group.next() {
                open.remove(index)
                finish(&reports, missing[index], result, after: start.duration(to: .now))
                begin()
            }
            group.cancelAll()
        }
        for index in open {
            finish(&reports, missing[index], nil, after: start.duration(to: .now))
            guard index >= begun, missing[index].fallback == nil else { continue }
            let reason = "\(missing[index].subject.image.registry): too many images to look up at once"
            reports[missing[index].report].answer = .unresolved(UnresolvedReason(.overloaded, reason))
        }
    }

    /// Waits for the look-up of `subject`, which can be under way already; nil if it does not end in time.
    private func result(
        of subject: ImageLookup.Subject,
        start: ContinuousClock.Instant,
        deadline: ContinuousClock.Instant
    ) async -> LookupResult? {
        guard let pending = lookups.join(subject.identity, subject, share: subject.namespace) else {
            return LookupResult(UnresolvedReason(.overloaded, "too many look-ups at once"))
        }
        let isOwn = pending.start >= start
        guard !isOwn else { return await pending.value() }
        let left = pending.start + (deadline - start) - ContinuousClock.now
        guard left > .zero else { return nil }
        return await TimeSource.system.withTimeout(left) { await pending.value() } ?? nil
    }

    /// Writes a result into its report; without a result, writes the old answer if there is one.
    private func finish(
        _ reports: inout [ImageReport],
        _ image: Missing,
        _ result: LookupResult?,
        after elapsed: Duration
    ) {
        reports[image.report].elapsed = elapsed
        guard let result else {
            if let fallback = image.fallback { reports[image.report].answer = fallback }
            return
        }
        reports[image.report].answer = result.isOverloaded ? image.fallback ?? result.answer : result.answer
        reports[image.report].roundTrips = result.trace.roundTrips
        reports[image.report].endpoint = result.trace.endpoint
        reports[image.report].credential = result.trace.credential
    }

    /// Performs look-ups concurrently until ``stop()``, or until its task is cancelled.
    ///
    /// Call it once. In a service group, wrap it:
    /// `withGracefulShutdownHandler { await inspector.run() } onGracefulShutdown: { inspector.stop() }`.
    public func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.lookup.cloud.run() }
            await lookups.run(
                { _, subject in await self.perform(subject) },
                abandoned: { _ in LookupResult(UnresolvedReason(.overloaded, "shutting down")) }
            )
            stop()
            group.cancelAll()
        }
        await transport.shutdown()
    }

    /// Ends ``run()``: cancels the look-ups under way; later look-ups fail with `overloaded`.
    public func stop() {
        lookups.stop()
        lookup.cloud.stop()
    }

    private func perform(_ subject: ImageLookup.Subject) async -> LookupResult {
        // Another look-up may have ended since the caller searched the store.
        switch answers.find(subject) {
        case .fresh(let answer), .stale(let answer), .negative(let answer): return LookupResult(answer)
        case .missing: break
        }
        let trace = LookupTrace()
        do throws(RegistryFailure) {
            let facts = try await lookup.facts(subject, trace: trace)
            answers.keep(facts, for: subject)
            return LookupResult(.resolved(facts, staleSeconds: nil), trace.summary)
        } catch {
            logger.debug(
                "image look-up failed",
                metadata: [
                    "image": "\(subject.image)", "code": "\(error.code.rawValue)", "detail": "\(error.reason.detail)",
                ]
            )
            return LookupResult(answers.keep(error, for: subject), trace.summary)
        }
    }

    /// Creates an inspector and runs it while `body` runs, for programs without a service group.
    ///
    /// - Throws: ``SetupError`` as ``init(_:)`` does, and the errors of `body`.
    public static func withInspector<Result: Sendable>(
        _ configuration: InspectorConfiguration = InspectorConfiguration(),
        _ body: (ImageInspector) async throws -> Result
    ) async throws -> Result {
        let inspector = try ImageInspector(configuration)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await inspector.run() }
            defer { inspector.stop() }
            return try await body(inspector)
        }
    }
}

/// The result of a look-up.
private struct LookupResult: Sendable {
    var answer: ImageAnswer
    var trace = LookupTrace.Summary()
    /// Whether Polypod itself was overloaded or is shutting down, so that no look-up took place.
    var isOverloaded = false

    init(_ answer: ImageAnswer, _ trace: LookupTrace.Summary = LookupTrace.Summary()) {
        self.answer = answer
        self.trace = trace
    }

    /// The result of a look-up that did not take place.
    init(_ reason: UnresolvedReason) {
        answer = .unresolved(reason)
        isOverloaded = true
    }
}

/// An image of a call that must be looked up.
private struct Missing: Sendable {
    /// The index of its report.
    var report: Int
    var subject: ImageLookup.Subject
    /// The old answer, used if the look-up does not end in time.
    var fallback: ImageAnswer?
}
