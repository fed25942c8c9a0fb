import JSON
import PodAdmission
import Testing

@testable import ClusterControllers

@Suite("Which version of a policy is in force")
struct PolicyStoreTests {
    /// What a watch tells of one object.
    enum Told: Sendable {
        case valid(generation: Int, uid: String = "u1")
        case invalid(generation: Int, uid: String = "u1")
        case removed
        case relisted
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let why: String
        let told: [Told]
        let changes: [PolicyStore.Change?]
        let inForce: Int?
        var isInvalid = false
        var testDescription: String { why }
    }

    @Test(
        "A history",
        arguments: [
            Row(why: "a policy that validates", told: [.valid(generation: 1)], changes: [.accepted], inForce: 1),
            Row(
                why: "its status is written: the same generation",
                told: [.valid(generation: 1), .valid(generation: 1)],
                changes: [.accepted, nil],
                inForce: 1
            ),
            Row(
                why: "a version that does not validate leaves the last good one",
                told: [.valid(generation: 1), .invalid(generation: 2)],
                changes: [.accepted, .rejected],
                inForce: 1,
                isInvalid: true
            ),
            Row(
                why: "so does the second in a row",
                told: [.valid(generation: 1), .invalid(generation: 2), .invalid(generation: 3)],
                changes: [.accepted, .rejected, .rejected],
                inForce: 1,
                isInvalid: true
            ),
            Row(
                why: "mended",
                told: [.valid(generation: 1), .invalid(generation: 2), .valid(generation: 3)],
                changes: [.accepted, .rejected, .accepted],
                inForce: 3
            ),
            Row(
                why: "never valid: nothing to keep",
                told: [.invalid(generation: 1)],
                changes: [.rejected],
                inForce: nil,
                isInvalid: true
            ),
            Row(
                why: "deleted, and made again with a fault: the old object's version is gone with it",
                told: [.valid(generation: 4), .invalid(generation: 1, uid: "u2")],
                changes: [.accepted, .rejected],
                inForce: nil,
                isInvalid: true
            ),
            Row(
                why: "a cluster restored from a backup goes back in generations",
                told: [.valid(generation: 5), .valid(generation: 3)],
                changes: [.accepted, .accepted],
                inForce: 3
            ),
        ]
    )
    func histories(row: Row) {
        var store = PolicyStore()
        let changes = row.told.map { Self.tell($0, to: &store) }
        #expect(changes == row.changes)
        #expect(store.entries["p"]?.inForce?.generation == row.inForce)
        #expect((store.entries["p"]?.problem != nil) == row.isInvalid)
        #expect(store.policies(over: PolicySet()).policies.count == (row.inForce == nil ? 0 : 1))
        #expect(store.counts == (row.isInvalid ? (0, 1) : (1, 0)))
    }

    @Test("Names that go", arguments: [Told.removed, .relisted])
    func removals(told: Told) {
        var store = PolicyStore()
        _ = Self.tell(.valid(generation: 1), to: &store)
        #expect(Self.tell(told, to: &store) == .removed)
        #expect(store.policies(over: PolicySet()).policies.isEmpty)
        #expect(store.remove("p") == nil, "once")
    }

    @Test("A fault is named with its path")
    func faults() {
        var store = PolicyStore()
        _ = Self.tell(.invalid(generation: 1), to: &store)
        #expect(store.entries["p"]?.problem?.hasPrefix("spec.mode: ") == true)
    }

    @Test("A cluster's policy stands for the server's own of its name, once it has validated")
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

    @Test("What has no name is passed over")
    func nameless() {
        var store = PolicyStore()
        #expect(store.update([:]) == nil)
        #expect(store.replace(with: ["a string"]).isEmpty)
    }

    private static func tell(_ told: Told, to store: inout PolicyStore) -> PolicyStore.Change? {
        switch told {
        case .valid(let generation, let uid): store.update(Objects.policy("p", uid: uid, generation: generation))
        case .invalid(let generation, let uid):
            store.update(Objects.policy("p", uid: uid, generation: generation, mode: "Sometimes"))
        case .removed: store.remove("p")
        case .relisted: store.replace(with: [])["p"]
        }
    }
}
