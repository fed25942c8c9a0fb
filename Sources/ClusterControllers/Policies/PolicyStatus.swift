import Basics
import JSON
import PodAdmission

/// The status of a WasmPolicy, as it describes the newest version of the spec.
struct PolicyStatus: Sendable, Equatable {
    /// The newest version.
    let generation: Int
    /// Why it is not in force: the path of the field and the reason; nil if it is in force.
    let problem: String?
    /// The version in force; nil if there is none.
    private let generationInForce: Int?

    init(_ entry: PolicyStore.Entry) {
        generation = entry.identity.generation
        problem = entry.problem
        generationInForce = entry.inForce?.generation
    }

    /// The types of the conditions that Polypod writes.
    fileprivate enum ConditionType: String, CaseIterable {
        case valid = "Valid"
        case inForce = "InForce"
    }

    fileprivate struct Condition {
        let type: ConditionType
        let isTrue: Bool
        let reason: String
        let message: String
    }

    /// `Valid`, and `InForce` if the newest version is not in force.
    private var conditions: [Condition] {
        guard let problem else {
            return [Condition(type: .valid, isTrue: true, reason: "Accepted", message: "this version is in force")]
        }
        let inForce =
            generationInForce.map { generation in
                Condition(
                    type: .inForce,
                    isTrue: true,
                    reason: "EarlierGeneration",
                    message: "generation \(generation) stays in force"
                )
            }
            ?? Condition(
                type: .inForce,
                isTrue: false,
                reason: "None",
                message: "no version of this policy is in force"
            )
        return [Condition(type: .valid, isTrue: false, reason: "Invalid", message: problem), inForce]
    }

    /// Returns `status` with these conditions; the same value if it has them already.
    ///
    /// Fields and conditions of other writers stay. A condition keeps its `lastTransitionTime` until its `status`
    /// changes (meta/v1, Condition).
    func applied(to status: JSONValue?, at unixTime: Int) -> JSONValue {
        var object = status?.object ?? JSONObject()
        let old = object["conditions"]?.array ?? []
        let own = conditions.map { condition in
            let before = old.first { $0["type"]?.string == condition.type.rawValue }
            return condition.json(generation: generation, replacing: before, at: unixTime)
        }
        let known = ConditionType.allCases.map(\.rawValue)
        let others = old.filter { !known.contains($0["type"]?.string ?? "") }
        object["observedGeneration"] = .number(String(generation))
        object["conditions"] = .array(own + others)
        return .object(object)
    }

    /// Whether `status` already reports that this version does not validate.
    func isReportedInvalid(in status: JSONValue?) -> Bool {
        (status?["conditions"]?.array ?? []).contains { condition in
            condition["type"] == "Valid" && condition["status"] == "False"
                && condition["observedGeneration"] == .number(String(generation))
        }
    }
}

extension PolicyStatus.Condition {
    fileprivate func json(generation: Int, replacing before: JSONValue?, at unixTime: Int) -> JSONValue {
        let status: JSONValue = isTrue ? "True" : "False"
        let since = before?["status"] == status ? before?["lastTransitionTime"] : nil
        let fields: [(String, JSONValue)] = [
            ("type", .string(type.rawValue)), ("status", status), ("reason", .string(reason)),
            ("message", .string(message)), ("observedGeneration", .number(String(generation))),
            ("lastTransitionTime", since ?? .string(Timestamp(seconds: unixTime).text(.seconds))),
        ]
        let isSame = before.map { before in fields.allSatisfy { before[$0.0] == $0.1 } } ?? false
        if isSame, let before { return before }
        return .object(JSONObject(fields.map { JSONObject.Member(key: $0.0, value: $0.1) }))
    }
}
