import PodAdmission

/// One call of an inspector: its images, and their answers as they come.
struct InspectorCall {
    var reports: [ImageReport] = []
    private var missing: [Missing] = []
    private let inspector: ImageInspector
    let credentials: PullCredentials
    private let deadline: ContinuousClock.Instant
    private let start = ContinuousClock.now

    /// An image that no answer was kept for.
    private struct Missing: Sendable {
        var report: Int
        var subject: ImageLookup.Subject
        var fallback: ImageAnswer?
    }

    /// Answers what can be answered at once: bad references, and what is kept.
    init(
        images: [String],
        credentials: PullCredentials,
        inspector: ImageInspector,
        deadline: ContinuousClock.Instant
    ) {
        self.inspector = inspector
        self.credentials = credentials
        self.deadline = deadline
        var seen: Set<String> = []
        for image in images where seen.insert(image).inserted { add(image) }
    }

    private mutating func add(_ image: String) {
        var report = ImageReport(
            image: image,
            answer: .unresolved(UnresolvedReason(.deadline, "no answer in time")),
            roundTrips: 0,
            elapsed: .zero,
            isCached: true
        )
        do throws(ImageReference.Invalid) {
            let subject = try inspector.lookup.subject(image, credentials)
            report.registry = subject.image.registry
            switch inspector.find(subject) {
            case .fresh(let answer), .stale(let answer), .negative(let answer): report.answer = answer
            case .missing(let fallback):
                report.isCached = false
                missing.append(Missing(report: reports.count, subject: subject, fallback: fallback))
            }
        } catch {
            report.answer = .unresolved(UnresolvedReason(.badReference, error.reason))
            report.isCached = false
        }
        reports.append(report)
    }

    /// Waits for the look-ups of what is missing, so many at once, until the deadline.
    ///
    /// What was begun and is not done by then gets its old answer or none in time; what could not even be begun was too
    /// much for one call.
    mutating func complete() async {
        guard !missing.isEmpty else { return }
        var open = Set(missing.indices)
        var begun = 0
        let (inspector, missing, deadline) = (inspector, missing, deadline)
        await withTaskGroup(of: (Int, ImageInspector.Landing)?.self) { group in
            group.addTask {
                try? await Task.sleep(until: deadline, clock: .continuous)
                return nil
            }
            func begin() {
                guard begun < missing.count else { return }
                let index = begun
                begun += 1
                group.addTask { await inspector.land(missing[index].subject).map { (index, $0) } }
            }
            for _ in 0..<inspector.configuration.lookupsPerAdmission { begin() }
            while !open.isEmpty, case (let index, let landing)?? = await group.next() {
                open.remove(index)
                land(missing[index], landing)
                begin()
            }
            group.cancelAll()
        }
        for index in open { giveUp(missing[index], wasBegun: index < begun) }
    }

    private mutating func land(_ image: Missing, _ landing: ImageInspector.Landing) {
        reports[image.report].answer = landing.answer
        reports[image.report].roundTrips = landing.trace.roundTrips
        reports[image.report].endpoint = landing.trace.endpoint
        reports[image.report].credential = landing.trace.credential
        reports[image.report].elapsed = ContinuousClock.now - start
    }

    private mutating func giveUp(_ image: Missing, wasBegun: Bool) {
        let registry = image.subject.image.registry
        let reason =
            wasBegun
            ? UnresolvedReason(.deadline, "\(registry): no answer in time")
            : UnresolvedReason(.overloaded, "\(registry): too many images to look up at once")
        reports[image.report].answer = image.fallback ?? .unresolved(reason)
        reports[image.report].elapsed = ContinuousClock.now - start
    }
}
