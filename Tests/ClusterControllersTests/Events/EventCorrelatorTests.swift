import Testing

@testable import ClusterControllers

@Suite("Events that are created, counted or dropped")
struct EventCorrelatorTests {
    static let start = ContinuousClock.now

    private static func event(_ name: String = "web", _ message: String = "m") -> KubernetesEvent {
        KubernetesEvent(
            .podRefused,
            severity: .warning,
            of: .init(apiVersion: "apps/v1", kind: "ReplicaSet", namespace: "shop", name: name, uid: "u-\(name)"),
            message: message
        )
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let why: String
        /// The Events in order: time in seconds, object, message.
        let events: [(at: Int, name: String, message: String)]
        let steps: [EventCorrelator.Step]
        var testDescription: String { why }
    }

    @Test(
        "A series of Events that the API server accepts",
        arguments: [
            Row(
                why: "a repetition within ten minutes is counted",
                events: [(0, "a", "m"), (599, "a", "m"), (1198, "a", "m")],
                steps: [.create, .count(name: "e0", 2), .count(name: "e0", 3)]
            ),
            Row(
                why: "a repetition after ten minutes is a new Event",
                events: [(0, "a", "m"), (600, "a", "m")],
                steps: [.create, .create]
            ),
            Row(
                why: "another message is another Event",
                events: [(0, "a", "m"), (0, "a", "n"), (1, "a", "m")],
                steps: [.create, .create, .count(name: "e0", 2)]
            ),
            Row(
                why: "another object has its own Event",
                events: [(0, "a", "m"), (0, "b", "m")],
                steps: [.create, .create]
            ),
        ]
    )
    func histories(row: Row) {
        var correlator = EventCorrelator()
        for (index, recorded) in row.events.enumerated() {
            let event = Self.event(recorded.name, recorded.message)
            let now = Self.start + .seconds(recorded.at)
            let step = correlator.step(for: event, at: now)
            #expect(step == row.steps[index])
            switch step {
            case .create: correlator.remember(event, as: .init(name: "e\(index)", count: 1, last: now))
            case .count(let name, let count): correlator.remember(event, as: .init(name: name, count: count, last: now))
            case .drop: break
            }
        }
    }

    @Test("An object gets 25 Events at once and then one every five minutes, whatever their messages")
    func limits() {
        var correlator = EventCorrelator()
        var steps = (0..<30).map { correlator.step(for: Self.event("a", "m\($0)"), at: Self.start) }
        #expect(steps.count { $0 == .create } == 25)
        #expect(correlator.step(for: Self.event("b"), at: Self.start) == .create, "another object has its own limit")
        steps = (0..<2).map { _ in correlator.step(for: Self.event("a"), at: Self.start + .seconds(300)) }
        #expect(steps == [.create, .drop])
    }

    @Test("An Event that the API server did not accept is created the next time")
    func notAccepted() {
        var correlator = EventCorrelator()
        #expect(correlator.step(for: Self.event(), at: Self.start) == .create)
        #expect(correlator.step(for: Self.event(), at: Self.start) == .create)
        correlator.remember(Self.event(), as: .init(name: "e", count: 1, last: Self.start))
        correlator.forget(Self.event())
        #expect(correlator.step(for: Self.event(), at: Self.start) == .create)
    }
}
