import JSON
import PodAdmission
import Testing

@testable import ClusterControllers

@Suite("The status of a policy")
struct PolicyStatusTests {
    static let first = 1_790_000_000
    static let firstText = "2026-09-21T14:13:20Z"

    private static func status(
        _ mode: String?,
        generation: Int,
        after: PolicyStore = PolicyStore()
    ) throws
        -> (status: PolicyStatus, store: PolicyStore)
    {
        var store = after
        _ = store.update(Objects.policy("p", generation: generation, mode: mode))
        return (PolicyStatus(try #require(store.entries["p"])), store)
    }

    @Test("A version that validates")
    func accepted() throws {
        let status = try Self.status("Warn", generation: 3).status.applied(to: nil, at: Self.first)
        let expected: JSONValue = [
            "observedGeneration": 3,
            "conditions": [
                [
                    "type": "Valid", "status": "True", "reason": "Accepted", "message": "this version is in force",
                    "observedGeneration": 3, "lastTransitionTime": .string(Self.firstText),
                ]
            ],
        ]
        #expect(status == expected)
    }

    @Test("A version that does not validate, with and without a valid one before it")
    func invalid() throws {
        let (_, store) = try Self.status("Warn", generation: 3)
        let later = try Self.status("Sometimes", generation: 4, after: store).status.applied(to: nil, at: Self.first)
        #expect(later["conditions"]?.array?.map { $0["type"] } == ["Valid", "InForce"])
        #expect(later["conditions"]?.array?.map { $0["status"] } == ["False", "True"])
        #expect(later["conditions"]?.array?.map { $0["reason"] } == ["Invalid", "EarlierGeneration"])
        #expect(later["conditions"]?.array?.last?["message"] == "generation 3 stays in force")

        let alone = try Self.status("Sometimes", generation: 1).status.applied(to: nil, at: Self.first)
        #expect(alone["conditions"]?.array?.map { $0["reason"] } == ["Invalid", "None"])
        #expect(alone["conditions"]?.array?.map { $0["status"] } == ["False", "False"])
        let message = try #require(alone["conditions"]?.array?.first?["message"]?.string)
        #expect(message.hasPrefix("spec.mode: ") && message.utf8.count <= 1024)
    }

    @Test("Applying a status again changes nothing")
    func idempotent() throws {
        for mode in ["Warn", "Sometimes"] {
            let status = try Self.status(mode, generation: 2).status
            let once = status.applied(to: ["podsDecided": 7], at: Self.first)
            #expect(status.applied(to: once, at: Self.first + 99) == once)
            #expect(once["podsDecided"] == 7)
        }
    }

    @Test("lastTransitionTime changes only with the status of the condition")
    func transitions() throws {
        let (accepted, store) = try Self.status("Warn", generation: 1)
        let one = accepted.applied(to: nil, at: Self.first)
        let (again, next) = try Self.status("Enforce", generation: 2, after: store)
        let two = again.applied(to: one, at: Self.first + 10)
        #expect(two["conditions"]?.array?.first?["lastTransitionTime"] == .string(Self.firstText))
        #expect(two["conditions"]?.array?.first?["observedGeneration"] == 2)
        let three = try Self.status("Sometimes", generation: 3, after: next).status.applied(
            to: two,
            at: Self.first + 20
        )
        #expect(three["conditions"]?.array?.first?["lastTransitionTime"] == "2026-09-21T14:13:40Z")
    }

    @Test("Conditions of other writers stay; InForce is removed when the newest version is in force")
    func otherConditions() throws {
        let foreign: JSONValue = ["type": "Reviewed", "status": "True"]
        let before: JSONValue = [
            "conditions": [["type": "Valid", "status": "False"], foreign, ["type": "InForce", "status": "False"]]
        ]
        let after = try Self.status("Warn", generation: 1).status.applied(to: before, at: Self.first)
        #expect(after["conditions"]?.array?.map { $0["type"] } == ["Valid", "Reviewed"])
        #expect(after["conditions"]?.array?.last == foreign)
    }

    @Test("A version is reported invalid once")
    func reported() throws {
        let (status, store) = try Self.status("Sometimes", generation: 1)
        #expect(!status.isReportedInvalid(in: nil))
        #expect(status.isReportedInvalid(in: status.applied(to: nil, at: Self.first)))
        let next = try Self.status("Never", generation: 2, after: store).status
        #expect(
            !next.isReportedInvalid(in: status.applied(to: nil, at: Self.first)),
            "the report was for another version"
        )
    }
}
