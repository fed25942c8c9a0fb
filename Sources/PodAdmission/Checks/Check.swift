/// One row of the table of checks: its texts for people, and the function that runs it.
public struct Check: Sendable {
    /// The stable code.
    public let code: CheckCode
    /// The action unless a policy sets another one.
    public let defaultAction: FindingAction
    /// The condition that the check finds, in one line; the README's table of checks has the same text.
    public let reason: String
    /// How to fix it, in one line.
    public let remedy: String
    /// Finds the condition in a Pod.
    let look: @Sendable (CheckInput) -> [Observation]

    /// Every check, in the order in which its findings are shown.
    public static let all: [Check] = [
        .variantForcesWasm, .variantUnknown, .runtimeClassConflict, .runtimeClassMissing, .runtimeClassUnschedulable,
        .programNotWasm, .nativeProgramNamedWasm, .imageNotRunnable, .indexNotPullable, .execProbe, .execHook,
        .exitCodeLost, .workingDirectory, .windowsPod, .wasmArchitecture, .meshUser, .mutationMissed, .imageUnresolved,
        .imageNotAllowed, .moduleVolumeNotAllowed, .digestRequired,
    ]

    /// The default action of the check `code`.
    public static func defaultAction(of code: CheckCode) -> FindingAction {
        all.first { $0.code == code }?.defaultAction ?? .off
    }

    /// The findings of the check, with the action that the policy sets; empty if the policy turns it off.
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

/// A condition that a check found, before a policy gives it an action.
struct Observation {
    /// The name of the container; nil for the whole Pod.
    var container: String?
    /// What is wrong.
    var message: String
    /// How to fix it; nil for the check's own remedy.
    var remedy: String?
    /// The action unless a policy sets one; nil for the check's own default.
    var defaultAction: FindingAction?

    init(_ container: String?, _ message: String, remedy: String? = nil, defaultAction: FindingAction? = nil) {
        self.container = container
        self.message = message
        self.remedy = remedy
        self.defaultAction = defaultAction
    }
}
