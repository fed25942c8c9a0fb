import Basics
import Logging
import PodAdmission
import Synchronization

extension ImageInspector {
    /// What is kept for `subject`.
    func find(_ subject: ImageLookup.Subject) -> AnswerCache.Found {
        let now = configuration.now()
        return state.withLock { $0.cache.find(subject.key, isDigest: subject.image.digest != nil, at: now) }
    }

    /// How the look-up of `subject` ends: one that is under way, or a new one; nil where the caller is cancelled first.
    func land(_ subject: ImageLookup.Subject) async -> Landing? {
        switch board(subject) {
        case .answered(let answer): Landing(answer: answer, trace: LookupTrace.Summary())
        case .flight(let flight): await flight.landing.value()
        }
    }

    private enum Boarding {
        case answered(ImageAnswer)
        case flight(Flight)
    }

    private func board(_ subject: ImageLookup.Subject) -> Boarding {
        let now = configuration.now()
        let limit = configuration.lookups
        let (boarding, isNew) = state.withLock { state -> (Boarding, Bool) in
            if let flight = state.flights[subject.key] { return (.flight(flight), false) }
            // Another look-up may have ended since the cache was asked.
            let fallback: ImageAnswer?
            switch state.cache.find(subject.key, isDigest: subject.image.digest != nil, at: now) {
            case .fresh(let answer), .stale(let answer), .negative(let answer): return (.answered(answer), false)
            case .missing(let old): fallback = old
            }
            guard !state.isStopped, state.flights.count < limit else {
                let reason = UnresolvedReason(.overloaded, "too many look-ups at once")
                return (.answered(fallback ?? .unresolved(reason)), false)
            }
            let flight = Flight(subject: subject)
            state.flights[subject.key] = flight
            return (.flight(flight), true)
        }
        if isNew, case .flight(let flight) = boarding { queue.yield(flight) }
        return boarding
    }

    /// Does the look-ups that are asked for, side by side, until ``stop()`` or until its task is cancelled.
    ///
    /// It is to be called once. In a service group, wrap it: `withGracefulShutdownHandler { try await inspector.run() }
    /// onGracefulShutdown: { inspector.stop() }`.
    public func run() async throws {
        let cloud = lookup.cloud
        await withDiscardingTaskGroup { group in
            group.addTask { await cloud.run() }
            for await flight in jobs {
                group.addTask { await self.fly(flight) }
            }
            stop()
            group.cancelAll()
        }
        for flight in state.withLock({ Array($0.flights.values) }) {
            land(flight, .failure(RegistryFailure(.overloaded, "shutting down")))
        }
        await transport.shutdown()
    }

    /// Ends ``run()``: look-ups under way are cut off, and those asked for later are refused as `overloaded`.
    public func stop() {
        state.withLock { $0.isStopped = true }
        queue.finish()
        lookup.cloud.stop()
    }

    private func fly(_ flight: Flight) async {
        let subject = flight.subject
        do throws(RegistryFailure) {
            let facts = try await lookup.facts(subject, trace: flight.trace) { digest in
                let key = Self.digestKey(subject, digest)
                return self.state.withLock { $0.cache.facts(key)?.facts }
            }
            land(flight, .success(facts))
        } catch {
            configuration.logger.debug(
                "image look-up failed",
                metadata: [
                    "image": "\(subject.image)", "code": "\(error.code.rawValue)", "detail": "\(error.reason.detail)",
                ]
            )
            land(flight, .failure(error))
        }
    }

    /// Keeps the result and tells it to all who wait.
    private func land(_ flight: Flight, _ result: Result<ImageFacts, RegistryFailure>) {
        let now = configuration.now()
        let subject = flight.subject
        let isDigest = subject.image.digest != nil
        let answer = state.withLock { state -> ImageAnswer in
            state.flights[subject.key] = nil
            switch result {
            case .success(let facts):
                let shared = SharedFacts(facts)
                if !isDigest { state.cache.keep(shared, for: Self.digestKey(subject, facts.digest), at: now) }
                state.cache.keep(shared, for: subject.key, at: now)
                return .resolved(facts, staleSeconds: nil)
            case .failure(let failure):
                // Nothing was learnt of the image where we ourselves had too much to do.
                if failure.code != .overloaded { state.cache.keep(failure, for: subject.key, at: now) }
                switch state.cache.find(subject.key, isDigest: isDigest, at: now) {
                case .stale(let answer), .missing(let answer?): return answer
                default: return .unresolved(failure.reason)
                }
            }
        }
        flight.landing.fulfill(Landing(answer: answer, trace: flight.trace.summary))
    }

    private static func digestKey(_ subject: ImageLookup.Subject, _ digest: String) -> AnswerKey {
        AnswerKey(reference: subject.image.pinned(to: digest), credentials: subject.credentials)
    }
}
