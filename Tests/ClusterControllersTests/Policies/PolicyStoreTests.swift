import JSON
import PodAdmission
import Testing

@testable import ClusterControllers

@Suite("The version of a policy that is in force")
struct PolicyStoreTests {
    /// An event of the watch for one object.
    enum Event: Sendable {
        case valid(generation: Int, uid: String = "u1")
        case invalid(generation: Int, uid: String = "u1")
        case removed
        case relisted
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let why: String
        let events: [Event]
        let changes: [PolicyStore.Change?]
        let inForce: Int?
        var isInvalid = false
        var testDescription: String { why }
    }

    @Test(
        "A series of events",
        arguments: [
            Row(why: "a policy that validates", events: [.valid(generation: 1)], changes: [.accepted], inForce: 1),
            Row(
                why: "an update of the status has the same generation",
                events: [.valid(generation: 1), .valid(generation: 1)],
                changes: [.accepted, nil],
                inForce: 1
            ),
            Row(
                why: "a version that does not validate leaves the last valid one in force",
                events: [.valid(generation: 1), .invalid(generation: 2)],
                changes: [.accepted, .rejected],
                inForce: 1,
                isInvalid: true
            ),
            Row(
                why: "a second such version in a row leaves it in force too",
                events: [.valid(generation: 1), .invalid(generation: 2), .invalid(generation: 3)],
                changes: [.accepted, .rejected, .rejected],
                inForce: 1,
                isInvalid: true
            ),
            Row(
                why: "a valid version follows",
                events: [.valid(generation: 1), .invalid(generation: 2), .valid(generation: 3)],
                changes: [.accepted, .rejected, .accepted],
                inForce: 3
            ),
            Row(
                why: "no version has validated",
                events: [.invalid(generation: 1)],
                changes: [.rejected],
                inForce: nil,
                isInvalid: true
            ),
            Row(
                why: "deleted and created again with a fault: the version of the old object does not stay in force",
                events: [.valid(generation: 4), .invalid(generation: 1, uid: "u2")],
                changes: [.accepted, .rejected],
                inForce: nil,
                isInvalid: true
            ),
            Row(
                why: "a cluster that was restored from a backup can go back in generations",
                events: [.valid(generation: 5), .valid(generation: 3)],
                changes: [.accepted, .accepted],
                inForce: 3
            ),
        ]
    )
    func histories(row: Row) {
        var store = PolicyStore()
        let changes = row.events.map { Self.apply($0, to: &store) }
        #expect(changes == row.changes)
        #expect(store.entries["p"]?.inForce?.generation == row.inForce)
        #expect((store.entries["p"]?.problem != nil) == row.isInvalid)
        #expect(store.policies(over: PolicySet()).policies.count == (row.inForce == nil ? 0 : 1))
        #expect(store.counts == (row.isInvalid ? (0, 1) : (1, 0)))
    }

    @Test("An object that is removed, by an event or by a list", arguments: [Event.removed, .relisted])
    func removals(event: Event) {
        var store = PolicyStore()
        _ = Self.apply(.valid(generation: 1), to: &store)
        #expect(Self.apply(event, to: &store) == .removed)
        #expect(store.policies(over: PolicySet()).policies.isEmpty)
        #expect(Self.apply(.removed, to: &store) == nil, "it is removed once")
    }

    @Test("A problem names the path of the field")
    func problems() {
        var store = PolicyStore()
        _ = Self.apply(.invalid(generation: 1), to: &store)
        #expect(store.entries["p"]?.problem?.hasPrefix("spec.mode: ") == true)
    }

    @Test("A policy of the cluster replaces the server's own of the same name once it validates")
    func names() throws {
        let base = try PolicySet(
            reading: .array([Objects.policy("p", precedence: 7), Objects.policy("own", precedence: 9)])
        )
        var store = PolicyStore()
        _ = store.update(Objects.policy("p", mode: "Sometimes"))
        #expect(store.policies(over: base) == base)
        _ = store.update(Objects.policy("p", generation: 2, precedence: 20))
        #expect(store.policies(over: base).policies.map(\.name) == ["own", "p"])
        #expect(store.policies(over: base).policies.map(\.matchingPrecedence) == [9, 20])
    }

    @Test("An object without a name is ignored")
    func nameless() {
        var store = PolicyStore()
        #expect(store.update([:]).isEmpty)
        #expect(store.replace(with: ["a string"]).isEmpty)
    }

    private static func apply(_ event: Event, to store: inout PolicyStore) -> PolicyStore.Change? {
        switch event {
        case .valid(let generation, let uid): store.update(Objects.policy("p", uid: uid, generation: generation))["p"]
        case .invalid(let generation, let uid):
            store.update(Objects.policy("p", uid: uid, generation: generation, mode: "Sometimes"))["p"]
        case .removed: store.remove(Objects.policy("p"))["p"]
        case .relisted: store.replace(with: [])["p"]
        }
    }
}
