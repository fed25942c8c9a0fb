/// One row of the table of checks: what a code means to people, and how it is found.
public struct Check: Sendable {
    /// The stable code.
    public let code: CheckCode
    /// What becomes of a request where no policy says otherwise.
    public let defaultAction: FindingAction
    /// When the check speaks, in one line.
    public let reason: String
    /// What to do then, in one line.
    public let remedy: String
    /// Looks at a Pod.
    let look: @Sendable (CheckInput) -> [Observation]

    /// Every check, in the order in which its findings are shown.
    public static let all: [Check] = [
        .variantForcesWasm, .variantUnknown, .runtimeClassConflict, .runtimeClassMissing, .runtimeClassUnschedulable,
        .programNotWasm, .nativeProgramNamedWasm, .imageNotRunnable, .indexNotPullable, .execProbe, .execHook,
        .exitCodeLost, .workingDirectory, .windowsPod, .wasmArchitecture, .meshUser, .mutationMissed, .imageUnresolved,
        .imageNotAllowed, .digestRequired,
    ]

    /// The default action of the check `code`.
    public static func defaultAction(of code: CheckCode) -> FindingAction {
        all.first { $0.code == code }?.defaultAction ?? .off
    }

    /// What the check finds in `input`, with the action that the policy gives it.
    func findings(for input: CheckInput) -> [Finding] {
        guard input.policy.action(of: code) != .off else { return [] }
        return look(input).map { observation in
            var action = input.policy.action(of: code)
            if let milder = observation.defaultAction, input.policy.checks[code] == nil { action = milder }
            return Finding(
                code,
                action: action,
                container: observation.container,
                message: observation.message,
                remedy: observation.remedy ?? remedy
            )
        }
    }
}

/// What a check saw.
struct Observation {
    /// The container it is about; nil for the whole Pod.
    var container: String?
    /// What is wrong.
    var message: String
    /// What to do, where it is more than the check's own remedy says.
    var remedy: String?
    /// The action where no policy sets one, where it differs from the check's.
    var defaultAction: FindingAction?

    init(_ container: String?, _ message: String, remedy: String? = nil, defaultAction: FindingAction? = nil) {
        self.container = container
        self.message = message
        self.remedy = remedy
        self.defaultAction = defaultAction
    }
}
