import Basics
import JSON
import Logging
public import PodAdmission

/// Finds out from registries what images are, and keeps the answers.
///
/// Any number of callers may ask at once; each image is looked up once however many wait for it. The look-ups run in
/// ``run()`` and not in their callers, so that a caller whose deadline passes neither ends a look-up that others wait for
/// nor loses its result: the next caller finds it.
public final class ImageInspector: Sendable {
    private let transport: Transport
    let lookup: ImageLookup
    private let answers: AnswerStore
    private let lookups: SingleFlight<ImageLookup.Subject.Identity, ImageLookup.Subject, LookupResult>
    private let lookupsPerCall: Int
    private let metrics = LookupMetrics()
    private let logger: Logger

    /// Creates an inspector.
    ///
    /// It reads the files that the configuration names and opens no connection.
    ///
    /// - Throws: ``SetupError`` for a file that cannot be used, or a proxy variable that does not hold a proxy's URL.
    public init(_ configuration: InspectorConfiguration = InspectorConfiguration()) throws(SetupError) {
        let transport = try configuration.transport()
        let answers = AnswerStore(configuration.answerCache, now: configuration.now)
        self.transport = transport
        self.answers = answers
        lookup = try configuration.lookup(transport: transport, answers: answers)
        lookups = SingleFlight(limit: configuration.lookups)
        lookupsPerCall = configuration.lookupsPerAdmission
        logger = configuration.logger
    }

    /// Finds out about images, side by side.
    ///
    /// A call waits for a look-up no longer than its deadline, and no longer than until the look-up is as old as the
    /// call's own time: after one admission has waited in vain for a registry that does not answer, the next ones do
    /// not wait again.
    ///
    /// - Parameters:
    ///   - images: References as Pods write them; repeated ones are looked up once.
    ///   - credentials: Those of the Pod's pull secrets.
    ///   - preference: Which entries of an index a decision will rest on.
    ///   - deadline: When the reports have to be there.
    /// - Returns: One report for every distinct text of `images`, in the order of their first appearance.
    public func reports(
        on images: [String],
        credentials: PullCredentials = PullCredentials(),
        preference: EntryPreference = EntryPreference(),
        deadline: ContinuousClock.Instant
    ) async -> [ImageReport] {
        var reports: [ImageReport] = []
        var missing: [Missing] = []
        var seen: Set<String> = []
        for image in images where seen.insert(image).inserted {
            reports.append(report(on: image, credentials, preference, at: reports.count, missing: &missing))
        }
        if !missing.isEmpty { await complete(&reports, missing, deadline: deadline) }
        if !credentials.unread.isEmpty {
            for index in reports.indices { reports[index].answer = credentials.explain(reports[index].answer) }
        }
        for report in reports { metrics.record(report) }
        return reports
    }

    /// The report as far as it is there at once: for bad references, and for what is kept.
    private func report(
        on image: String,
        _ credentials: PullCredentials,
        _ preference: EntryPreference,
        at index: Int,
        missing: inout [Missing]
    ) -> ImageReport {
        let subject: ImageLookup.Subject
        do throws(ImageReference.Invalid) { subject = try lookup.subject(image, credentials, preference) } catch {
            let reason = UnresolvedReason(.badReference, error.reason)
            return ImageReport(image: image, answer: .unresolved(reason), isCached: false)
        }
        let registry = subject.image.registry
        switch answers.find(subject) {
        case .fresh(let answer), .stale(let answer), .negative(let answer):
            return ImageReport(image: image, answer: answer, registry: registry)
        case .missing(let fallback):
            missing.append(Missing(report: index, subject: subject, fallback: fallback))
            let reason = UnresolvedReason(.deadline, "\(registry): no answer in time")
            return ImageReport(image: image, answer: .unresolved(reason), registry: registry, isCached: false)
        }
    }

    /// Waits for the look-ups of what is missing, so many at once, until the deadline.
    ///
    /// An image whose look-up is not done by then gets its old answer or none; one whose look-up was not even begun was
    /// too much for one call.
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

    /// The result of the look-up of `subject`, which may be under way already; nil where it is not there in time.
    private func result(
        of subject: ImageLookup.Subject,
        start: ContinuousClock.Instant,
        deadline: ContinuousClock.Instant
    ) async -> LookupResult? {
        guard let pending = lookups.join(subject.identity, subject) else {
            return LookupResult(UnresolvedReason(.overloaded, "too many look-ups at once"))
        }
        let isOwn = pending.start >= start
        guard !isOwn else { return await pending.value() }
        let left = pending.start + (deadline - start) - ContinuousClock.now
        guard left > .zero else { return nil }
        return await TimeSource.system.withTimeout(left) { await pending.value() } ?? nil
    }

    /// Puts a result into its report; without a result the old answer counts, where there is one.
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

    /// Performs the look-ups that are asked for, side by side, until ``stop()`` or until its task is cancelled.
    ///
    /// It can be called once. In a service group, wrap it: `withGracefulShutdownHandler { await inspector.run() }
    /// onGracefulShutdown: { inspector.stop() }`.
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

    /// Ends ``run()``: look-ups under way are cut off, and those asked for later are refused as `overloaded`.
    public func stop() {
        lookups.stop()
        lookup.cloud.stop()
    }

    private func perform(_ subject: ImageLookup.Subject) async -> LookupResult {
        // Another look-up may have ended since the store was asked.
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

    /// Runs an inspector around `body`, for callers that have no services to run.
    ///
    /// - Throws: ``SetupError`` as ``init(_:)`` does, and what `body` throws.
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

/// How a look-up ended.
private struct LookupResult: Sendable {
    var answer: ImageAnswer
    var trace = LookupTrace.Summary()
    /// Whether the server itself had too much to do.
    var isOverloaded = false

    init(_ answer: ImageAnswer, _ trace: LookupTrace.Summary = LookupTrace.Summary()) {
        self.answer = answer
        self.trace = trace
    }

    /// A look-up that did not take place.
    init(_ reason: UnresolvedReason) {
        answer = .unresolved(reason)
        isOverloaded = true
    }
}

/// An image that has to be looked up for a call.
private struct Missing: Sendable {
    /// Its place among the call's reports.
    var report: Int
    var subject: ImageLookup.Subject
    /// The old answer, should the registry not answer in time.
    var fallback: ImageAnswer?
}

extension PullCredentials {
    /// How many notes on secrets are passed on, and how long each may be.
    private static let noteLimit = (count: 3, length: 120)

    /// The answer, with why secrets could not be read where that may be its cause.
    ///
    /// Failures are kept and shared by those with the same credentials, while what could not be read belongs to one
    /// call; hence it is added here and kept nowhere.
    fileprivate func explain(_ answer: ImageAnswer) -> ImageAnswer {
        guard case .unresolved(var reason) = answer, reason.code == .unauthorized || reason.code == .notFound else {
            return answer
        }
        let notes = unread.prefix(Self.noteLimit.count).map { $0.plainText(limit: Self.noteLimit.length) }
        reason.detail += "; " + notes.joined(separator: "; ")
        return .unresolved(reason)
    }
}
