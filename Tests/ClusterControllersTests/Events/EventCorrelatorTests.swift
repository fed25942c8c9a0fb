import Testing

@testable import ClusterControllers

@Suite("Which Events are written, counted and dropped")
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
        /// When each of them is said, in seconds, of which object, with which message.
        let said: [(at: Int, name: String, message: String)]
        let steps: [EventCorrelator.Step]
        var testDescription: String { why }
    }

    @Test(
        "A history, each Event taken by the API server",
        arguments: [
            Row(
                why: "the same again within ten minutes",
                said: [(0, "a", "m"), (599, "a", "m"), (1198, "a", "m")],
                steps: [.create, .count(name: "e0", 2), .count(name: "e0", 3)]
            ),
            Row(
                why: "after ten minutes it is new",
                said: [(0, "a", "m"), (600, "a", "m")],
                steps: [.create, .create]
            ),
            Row(
                why: "another message is another Event",
                said: [(0, "a", "m"), (0, "a", "n"), (1, "a", "m")],
                steps: [.create, .create, .count(name: "e0", 2)]
            ),
            Row(why: "so is another object's", said: [(0, "a", "m"), (0, "b", "m")], steps: [.create, .create]),
        ]
    )
    func histories(row: Row) {
        var correlator = EventCorrelator()
        for (index, said) in row.said.enumerated() {
            let event = Self.event(said.name, said.message)
            let now = Self.start + .seconds(said.at)
            let step = correlator.step(for: event, at: now)
            #expect(step == row.steps[index])
            switch step {
            case .create: correlator.keep(event, as: .init(name: "e\(index)", count: 1, last: now))
            case .count(let name, let count): correlator.keep(event, as: .init(name: name, count: count, last: now))
            case .drop: break
            }
        }
    }

    @Test("An object has 25 at once and then one in five minutes, whatever they say")
    func limits() {
        var correlator = EventCorrelator()
        var steps = (0..<30).map { correlator.step(for: Self.event("a", "m\($0)"), at: Self.start) }
        #expect(steps.count { $0 == .create } == 25)
        #expect(correlator.step(for: Self.event("b"), at: Self.start) == .create, "another object has its own")
        steps = (0..<2).map { _ in correlator.step(for: Self.event("a"), at: Self.start + .seconds(300)) }
        #expect(steps == [.create, .drop])
    }

    @Test("What the API server did not take is new the next time")
    func notTaken() {
        var correlator = EventCorrelator()
        #expect(correlator.step(for: Self.event(), at: Self.start) == .create)
        #expect(correlator.step(for: Self.event(), at: Self.start) == .create)
        correlator.keep(Self.event(), as: .init(name: "e", count: 1, last: Self.start))
        correlator.forget(Self.event())
        #expect(correlator.step(for: Self.event(), at: Self.start) == .create)
    }
}
